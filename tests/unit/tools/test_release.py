"""What deploy, promote and rollback answer. Spec sections 3 to 5."""

import pytest

from codeb.domain.deployment import DeployFailed, StepName
from codeb.domain.names import Environment
from codeb.services.errors import Unhealthy
from codeb.tools.release import NotInGrace
from codeb.tools.results import failure
from tests.doors import House
from tests.fakes import REGISTRY
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
    assert record["gracePeriod"] == {"hoursRemaining": 48.0, "endsAt": "2026-11-26T12:00:00.000Z"}
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


def test_a_rollback_to_a_deployment_that_is_not_warm_is_refused_not_ignored(tool: Tool, house: House) -> None:
    first = two_releases(tool)
    with pytest.raises(NotInGrace, match=first):
        tool("rollback", projectName="blog", deploymentId="dep_0000")
    assert house.world.slots.get(Environment.of("blog")).active is not None
    assert tool("rollback", projectName="blog", deploymentId=first)["changed"]
    assert tool("rollback", projectName="blog", deploymentId=first)["changed"] is False
