"""Who reads what a platform key did to a project: the project's team, and not the key's own. Spec section 6, "Auth"."""

from dataclasses import replace
from typing import Any

import pytest

from codeb.services.protocols.trail import AuditEntry
from tests.doors import House
from tests.fakes.memory import FakeMemory
from tests.unit.api.conftest import Tool


@pytest.fixture
def operator(house: House) -> str:
    return house.key("owner", team="operators", platform=True)


def written(house: House) -> list[AuditEntry]:
    """The rows so far, as the table has them."""
    house.world.audit_log.entries = [replace(each) for each in house.trail.entries]
    return house.world.audit_log.entries


def seen(house: House, tool: Tool, team: str) -> list[str]:
    written(house)
    rows = tool("audit_list", key=house.key("viewer", team=team))["entries"]
    return [row["action"] for row in rows if row["action"] != "audit_list"]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("slot_status", {}),
        ("promote", {}),
        ("deploy", {"version": "v1"}),
        ("project_delete", {"confirm": "blog"}),
        ("project_delete", {"confirm": "wrong"}),
    ],
)
def test_the_projects_team_sees_it_and_the_keys_home_team_does_not(
    house: House, tool: Tool, operator: str, name: str, params: dict[str, Any]
) -> None:
    status = 400 if params.get("confirm") == "wrong" else 200
    tool(name, key=operator, projectName="blog", status=status, **params)
    assert seen(house, tool, "team-a") == [name]
    assert seen(house, tool, "operators") == []
    assert seen(house, tool, "team-b") == []
    rows = tool("audit_list", key=operator, teamId="team-a", tool=name)["entries"]
    assert [(row["action"], row["teamId"]) for row in rows] == [(name, "operators")]


def test_what_was_refused_before_the_project_was_looked_for_is_told_from_memory(
    house: House, tool: Tool, operator: str
) -> None:
    tool("deploy", key=operator, projectName="blog", version="no such tag!", status=400)
    assert (seen(house, tool, "team-a"), seen(house, tool, "operators")) == ([], [])
    world = house.world
    memory = FakeMemory(world.projects, world.slots, world.runtime)
    house.services = replace(house.services, status=replace(house.services.status, memory=memory))
    with house.client() as client:
        call = {"tool": "deploy", "params": {"projectName": "blog", "version": "no such tag!"}}
        assert client.post("/api/tool", json=call, headers={"X-API-Key": operator}).status_code == 400
    assert (seen(house, tool, "team-a"), seen(house, tool, "operators")) == (["deploy"], [])


def test_a_project_that_a_platform_key_makes_is_its_home_teams(house: House, tool: Tool, operator: str) -> None:
    tool("workflow_init", key=operator, projectName="tools")
    assert seen(house, tool, "operators") == ["workflow_init"]


def test_whoever_asks_for_another_teams_project_is_told_of_in_their_own_team(house: House, tool: Tool) -> None:
    tool("slot_status", key=house.key("owner", team="team-b"), projectName="blog")
    assert (seen(house, tool, "team-a"), seen(house, tool, "team-b")) == ([], ["slot_status"])


def test_what_is_of_no_project_stays_with_the_keys_team(house: House, tool: Tool, operator: str) -> None:
    tool("slot_list", key=operator)
    assert (seen(house, tool, "team-a"), seen(house, tool, "operators")) == ([], ["slot_list"])
