"""``dryRun`` answers what would happen and changes nothing, for every tool that changes something."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from codeb.domain.deployment import Deployment
from codeb.domain.project import ProjectExists
from codeb.domain.slot_refusals import NoGrace, NothingToPromote, SlotInUse
from codeb.errors import CodebError, InvalidInput
from codeb.services.deployment_log import DeploymentLog
from codeb.services.errors import ImageNotAllowed, Unhealthy
from codeb.tools.registry import TOOLS
from codeb.tools.tool import Lane
from tests.doors import House
from tests.unit.services.conftest import BLOG
from tests.unit.tools.access import ACCESS
from tests.unit.tools.conftest import Tool

CHANGING: dict[str, dict[str, Any]] = {
    "deploy": {"projectName": "blog", "version": "v3"},
    "promote": {"projectName": "blog"},
    "rollback": {"projectName": "blog"},
    "slot_cleanup": {"projectName": "blog", "force": True},
    "slot_pin": {"projectName": "blog", "hours": 100},
    "maintenance": {"projectName": "blog"},
    "workflow_init": {"projectName": "shop"},
    "project_update": {"projectName": "blog", "settings": {"memory": "1g"}},
    "project_delete": {"projectName": "blog", "confirm": "blog"},
    "env_sync": {"projectName": "blog", "content": "A=2\nB=1"},
    "env_restore": {"projectName": "blog"},
    "domain_setup": {"projectName": "blog", "domain": "new.example.org"},
    "domain_delete": {"projectName": "blog", "domain": "www.example.org"},
    "task_create": {"projectName": "blog", "title": "a", "author": "ann", "files": [{"path": "b.py"}]},
    "task_update": {"taskId": 1, "note": "half done", "addFiles": [{"path": "b.py"}]},
    "task_complete": {"taskId": 1},
    "pr_create": {"projectName": "blog", "title": "more", "headBranch": "more"},
    "pr_review": {"projectName": "blog", "prNumber": 1, "action": "approve"},
    "pr_merge": {"projectName": "blog", "prNumber": 1},
}
ELSEWHERE = {
    "deployment_cancel",
    "repository_bind",
}


def state(house: House) -> Any:
    world = house.world
    return deepcopy(
        [
            world.journal.lines,
            world.slots.files,
            world.projects.known,
            world.domains.rows,
            world.envs.versions,
            world.env_files.files,
            world.proxy.words,
            world.proxy.sites,
            world.runtime.running,
            world.rollback_log.entries,
            world.tasks.known,
            world.repositories.bound,
            world.hosting.there,
            world.hosting.reviews,
            sorted(house.root.rglob("*")),
        ]
    )


@pytest.fixture
def busy(house: House, tool: Tool) -> House:
    """v1 in grace, v2 active, variables stored, a task and a pull request open."""
    tool("task_create", projectName="blog", title="first", author="ann", files=[{"path": "a.py"}])
    house.world.repositories.bind("blog", "acme/blog", "me")
    house.world.hosting.open("first")
    tool("env_sync", projectName="blog", content="A=0")
    tool("env_sync", projectName="blog", content="A=1")
    tool("domain_setup", projectName="blog", domain="www.example.org")
    for version in ("v1", "v2"):
        tool("deploy", projectName="blog", version=version)
        tool("promote", projectName="blog")
    return house


def test_every_changing_tool_is_covered_here() -> None:
    assert {tool.name for tool in TOOLS if tool.changes} == {*CHANGING, *ELSEWHERE, *ACCESS}
    assert {tool.lane for tool in TOOLS if tool.changes} == {Lane.DEPLOY, Lane.CHANGE, Lane.REMOTE}
    assert {tool.lane for tool in TOOLS if not tool.changes} == {Lane.READ, Lane.REMOTE}


def test_planning_to_cancel_what_runs_asks_nobody_to_end(busy: House, tool: Tool) -> None:
    deployment = Deployment("dep_1", BLOG, "blog:v3", "v3", "me", "cli", busy.world.clock.now())
    DeploymentLog(busy.world.journal, busy.world.history).record(deployment, busy.world.slots.get(BLOG))
    planned = tool("deployment_cancel", projectName="blog", deploymentId="dep_1", dryRun=True)
    assert planned["plan"] == ["end dep_1 at its next step"]
    assert busy.world.cancellations.asked == set()
    with busy.world.locks.held(BLOG, "deploy", "ann"):
        assert tool("deployment_cancel", projectName="blog", deploymentId="dep_1")["changed"] is True
    assert busy.world.cancellations.asked == {"dep_1"}


def test_cancelling_what_nobody_runs_any_more_ends_it_at_once(busy: House, tool: Tool) -> None:
    deployment = Deployment("dep_1", BLOG, "blog:v3", "v3", "me", "cli", busy.world.clock.now())
    DeploymentLog(busy.world.journal, busy.world.history).record(deployment, busy.world.slots.get(BLOG))
    done = tool("deployment_cancel", projectName="blog", deploymentId="dep_1")
    assert (done["status"], done["message"]) == ("failed", "it has ended as failed already")


@pytest.mark.parametrize("name", CHANGING)
def test_a_dry_run_changes_nothing_and_says_what_would(busy: House, tool: Tool, name: str) -> None:
    if name == "promote":
        tool("deploy", projectName="blog", version="v3")
    before = state(busy)
    record = tool(name, **CHANGING[name], dryRun=True)
    assert state(busy) == before
    assert (record["dryRun"], record["changed"]) == (True, False)
    assert record["plan"]
    assert not any(sentence.startswith("nothing") for sentence in record["plan"])


@pytest.mark.parametrize("name", CHANGING)
def test_the_same_call_without_it_changes_something(busy: House, tool: Tool, name: str) -> None:
    if name == "promote":
        tool("deploy", projectName="blog", version="v3")
    before = state(busy)
    assert tool(name, **CHANGING[name])["changed"] is True
    assert state(busy) != before


def test_a_planned_deploy_names_slot_image_and_the_grace_it_would_end(busy: House, tool: Tool) -> None:
    record = tool("deploy", projectName="blog", version="v3", dryRun=True)
    assert (record["slot"], record["port"]) == ("blue", 4100)
    assert record["image"].endswith("/blog:v3")
    assert "end the grace period of blue, which holds v1" in record["plan"]


@pytest.mark.parametrize(
    ("name", "params", "error"),
    [
        ("promote", {"projectName": "blog"}, NothingToPromote),
        ("rollback", {"projectName": "blog"}, NoGrace),
        ("workflow_init", {"projectName": "blog", "type": "go"}, ProjectExists),
        ("project_delete", {"projectName": "blog", "confirm": "blag"}, InvalidInput),
        ("deploy", {"projectName": "blog", "image": "elsewhere/x:1"}, ImageNotAllowed),
        ("env_sync", {"projectName": "blog", "content": "no equals sign"}, InvalidInput),
    ],
)
def test_a_dry_run_is_refused_where_the_real_one_is(
    house: House, tool: Tool, name: str, params: dict[str, Any], error: type[CodebError]
) -> None:
    for dry_run in (True, False):
        with pytest.raises(error):
            tool(name, **params, dryRun=dry_run)


def test_a_sick_slot_is_refused_in_a_dry_run_too(busy: House, tool: Tool) -> None:
    busy.world.probe.sick.add(4100)
    with pytest.raises(Unhealthy):
        tool("rollback", projectName="blog", dryRun=True)


def test_what_would_change_nothing_says_so(busy: House, tool: Tool) -> None:
    assert tool("promote", projectName="blog", dryRun=True)["plan"][0].startswith("nothing")
    assert tool("env_sync", projectName="blog", content="A=1", dryRun=True)["plan"][0].startswith("nothing")
    with pytest.raises(SlotInUse):
        tool("slot_cleanup", projectName="blog", dryRun=True)
    busy.world.clock.pass_by(timedelta(hours=49))
    assert tool("slot_cleanup", projectName="blog", dryRun=True)["cleanedSlot"] == "blue"
    tool("slot_cleanup", projectName="blog")
    assert tool("slot_cleanup", projectName="blog", dryRun=True)["plan"][0].startswith("nothing")
