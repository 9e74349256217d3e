"""What deploy, promote and rollback answer. Spec sections 3 to 5."""

import pytest

from codeb.domain.deployment import DeployFailed, StepName
from codeb.services.errors import Unhealthy, UnknownDeployment
from codeb.tools.results import failure
from tests.doors import House
from tests.fakes.records import REGISTRY
from tests.unit.tools.conftest import Tool


def test_a_deploy_answers_what_clients_read(tool: Tool) -> None:
    record = tool("deploy", projectName="Blog", version="v1")
    assert record["image"] == f"{REGISTRY}/blog:v1"
    assert {key: record[key] for key in ("slot", "port", "healthChecked", "changed", "container", "isFirstDeploy")} == {
        "slot": "blue",
        "port": 4100,
        "healthChecked": True,
        "changed": True,
        "container": "blog-production-blue",
        "isFirstDeploy": True,
    }
    assert record["previewUrl"] == "https://blog-blue.preview.codeb.test"
    assert record["url"] == "https://blog.codeb.test"
    assert record["deploymentId"].startswith("dep_")
    assert [step["name"] for step in record["steps"]] == list(StepName)
    assert {step["status"] for step in record["steps"]} == {"success"}


def test_a_repeated_deploy_changes_nothing_and_force_does(tool: Tool) -> None:
    first = tool("deploy", projectName="blog", version="v1")
    again = tool("deploy_project", projectName="blog", version="v1")
    assert (again["changed"], again["deploymentId"]) == (False, first["deploymentId"])
    assert tool("deploy", projectName="blog", version="v1", force=True)["changed"]


def test_a_failed_deploy_tells_its_steps_and_the_containers_last_words(tool: Tool, house: House) -> None:
    house.world.runtime.fails = Unhealthy("blog-production-blue", "it ended", exit_code=1, logs="no such table")
    with pytest.raises(DeployFailed) as failed:
        tool("deploy", projectName="blog")
    record = failure(failed.value)
    assert (record["success"], record["code"], record["exitCode"], record["logs"]) == (
        False,
        "unhealthy",
        1,
        "no such table",
    )
    assert record["steps"][-1]["name"] == "health_check"
    assert record["steps"][-1]["status"] == "failed"
    assert record["deploymentId"].startswith("dep_")


def test_a_promote_answers_what_clients_read(tool: Tool) -> None:
    tool("deploy", projectName="blog", version="v1")
    first = tool("promote", projectName="blog")
    assert (first["fromSlot"], first["toSlot"], first["gracePeriod"]) == (None, "blue", None)
    tool("deploy", projectName="blog", version="v2")
    record = tool("slot_promote", projectName="blog")
    assert (record["fromSlot"], record["toSlot"]) == ("blue", "green")
    assert (record["previousSlot"], record["activeSlot"]) == ("blue", "green")
    assert (record["previousVersion"], record["newVersion"]) == ("v1", "v2")
    assert (record["domain"], record["productionUrl"]) == ("blog.codeb.test", "https://blog.codeb.test")
    assert record["gracePeriod"] == {
        "hoursRemaining": 48.0,
        "endsAt": "2026-11-26T12:00:00.000Z",
        "pinnedBy": None,
    }
    assert record["receipt"]["answeredSlot"] == "green"
    assert record["receipt"]["newDeployment"] == record["deploymentId"]


def test_a_promote_without_a_candidate_changes_nothing(tool: Tool) -> None:
    tool("deploy", projectName="blog", version="v1")
    tool("promote", projectName="blog")
    again = tool("promote", projectName="blog")
    assert (again["changed"], again["activeSlot"], again["receipt"]) == (False, "blue", None)


def two_releases(tool: Tool) -> str:
    first: str = tool("deploy", projectName="blog", version="v1")["deploymentId"]
    tool("promote", projectName="blog")
    tool("deploy", projectName="blog", version="v2")
    tool("promote", projectName="blog")
    return first


def test_a_rollback_answers_what_clients_read(tool: Tool, house: House) -> None:
    two_releases(tool)
    record = tool("rollback", projectName="blog", reason="slow")
    assert (record["fromSlot"], record["toSlot"], record["restoredVersion"]) == ("green", "blue", "v1")
    assert (record["rolledBackTo"], record["previousActive"], record["changed"]) == ("blue", "green", True)
    assert house.world.rollback_log.entries[0]["reason"] == "slow"
    assert tool("rollback", projectName="blog")["changed"] is False


def test_a_rollback_names_any_recorded_deployment_warm_or_cold(tool: Tool) -> None:
    first = two_releases(tool)
    with pytest.raises(UnknownDeployment, match="dep_0000"):
        tool("rollback", projectName="blog", deploymentId="dep_0000")
    assert tool("rollback", projectName="blog", deploymentId=first)["changed"]
    assert tool("rollback", projectName="blog", deploymentId=first)["changed"] is False
    for version in ("v3", "v4"):
        tool("deploy", projectName="blog", version=version)
        tool("promote", projectName="blog")
    planned = tool("rollback", projectName="blog", deploymentId=first, dryRun=True)
    assert planned["plan"][-1] == "send the traffic to it: v1 with version 0 of its variables"
    assert tool("rollback", projectName="blog", deploymentId=first)["restoredVersion"] == "v1"


def test_maintenance_answers_what_it_did_and_twice_is_once(tool: Tool) -> None:
    two_releases(tool)
    on = tool("maintenance", projectName="blog", reason="moving")
    assert (on["maintenance"], on["changed"], on["receipt"]["word"]) == (True, True, "maintenance")
    assert tool("maintenance", projectName="blog")["changed"] is False
    assert tool("slot_status", projectName="blog")["data"]["maintenance"] is True
    assert tool("maintenance", projectName="blog", enabled=False)["receipt"]["word"] == "green"


def test_a_promote_names_the_variables_that_change_and_no_value(tool: Tool) -> None:
    two_releases(tool)
    tool("env_sync", projectName="blog", content="TOKEN=hunter2")
    tool("deploy", projectName="blog", version="v3")
    for dry_run in (True, False):
        record = tool("promote", projectName="blog", dryRun=dry_run)
        assert record["envChanges"] == {
            "fromVersion": 0,
            "toVersion": 1,
            "added": ["TOKEN"],
            "removed": [],
            "changed": [],
        }
        assert "hunter2" not in str(record)


def test_a_deployment_is_shown_whole(tool: Tool) -> None:
    first = two_releases(tool)
    record = tool("deployment_get", projectName="blog", deploymentId=first)["deployment"]
    assert (record["id"], record["status"], record["version"]) == (first, "success", "v1")
    assert len(record["steps"]) == 10


def test_cancelling_what_has_ended_changes_nothing(tool: Tool) -> None:
    first = two_releases(tool)
    record = tool("deployment_cancel", projectName="blog", deploymentId=first)
    assert (record["changed"], record["message"]) == (False, "it has ended as success already")
