"""workflow_init, project_delete, and the lists. Spec section 6."""

import pytest

from codeb.domain.project import ProjectExists, UnknownProject
from codeb.errors import InvalidInput, Unavailable
from codeb.tools import registry
from codeb.tools.registry import TOOLS
from tests.doors import House
from tests.fakes import REGISTRY
from tests.unit.tools.conftest import Tool


def test_a_new_project_is_told_its_ports_addresses_and_repository(tool: Tool, house: House) -> None:
    record = tool("workflow_init", projectName="My_Shop", type="go", settings={"port": 8080, "healthPath": "/ready"})
    assert record["projectName"] == "my-shop"
    assert record["ports"] == {"blue": 4102, "green": 4103}
    assert record["environments"]["staging"]["ports"] == {"blue": 4502, "green": 4503}
    assert (record["domain"], record["url"]) == ("my-shop.codeb.test", "https://my-shop.codeb.test")
    assert record["registryPath"] == f"{REGISTRY}/my-shop"
    made = house.world.projects.get("my-shop")
    assert (made.team_id, made.type) == ("team-a", "go")
    assert (made.settings.port, made.settings.health_path) == (8080, "/ready")


def test_its_creator_can_deploy_it_at_once(tool: Tool) -> None:
    tool("workflow_init", projectName="shop")
    assert tool("deploy", projectName="shop", version="v1")["changed"]


def test_a_name_is_taken_once_and_planned_ports_are_the_ports(tool: Tool) -> None:
    planned = tool("workflow_init", projectName="shop", dryRun=True)
    assert tool("workflow_init", projectName="shop")["ports"] == planned["ports"]
    with pytest.raises(ProjectExists):
        tool("workflow_init", projectName="shop")


@pytest.mark.parametrize("name", ["api", "shop-blue", "a" * 41, "x;rm -rf /", "", "-x"])
def test_names_that_no_project_can_have_are_refused(tool: Tool, name: str) -> None:
    with pytest.raises(InvalidInput):
        tool("workflow_init", projectName=name)


def test_a_project_goes_when_its_name_is_typed_out(tool: Tool, house: House) -> None:
    with pytest.raises(InvalidInput, match="confirm"):
        tool("project_delete", projectName="blog")
    assert tool("project_delete", projectName="blog", confirm="blog")["changed"]
    assert house.world.projects.known == {}
    with pytest.raises(UnknownProject):
        tool("slot_status", projectName="blog")


def test_names_of_other_teams_are_not_suggested(tool: Tool, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def closest(name: str) -> None:
        raise UnknownProject(name, ("blog", "blob-of-team-b"))

    monkeypatch.setattr(house.world.projects, "get", closest)
    with pytest.raises(UnknownProject) as refused:
        tool("slot_status", projectName="blag")
    assert refused.value.closest == ("blog",)


def test_deployments_are_listed_newest_first_with_their_steps(tool: Tool) -> None:
    for version in ("v1", "v2"):
        tool("deploy", projectName="blog", version=version)
    tool("deploy", projectName="blog", environment="staging", version="v3")
    record = tool("deployment_list", projectName="blog")
    assert [each["version"] for each in record["deployments"]] == ["v3", "v2", "v1"]
    newest = record["deployments"][0]
    assert (newest["environment"], newest["status"], newest["deployedBy"], newest["source"]) == (
        "staging",
        "success",
        "key_1",
        "cli",
    )
    assert len(newest["steps"]) == 10
    assert tool("deployment_list", projectName="blog", environment="production", limit=1)["total"] == 1


def test_slots_are_shown_as_clients_read_them(tool: Tool) -> None:
    for version in ("v1", "v2"):
        tool("deploy", projectName="blog", version=version)
        tool("promote", projectName="blog")
    record = tool("slot_status", projectName="blog")
    assert record["activeSlot"] == "green"
    assert record["slots"]["green"]["isActive"] is True
    assert record["slots"]["blue"]["status"] == "grace"
    assert record["slots"]["blue"]["gracePeriodRemaining"] == {"hours": 48, "minutes": 0}
    data = record["data"]
    assert (data["teamId"], data["activeSlot"], data["lastUpdated"]) == ("team-a", "green", "2026-11-24T12:00:00.000Z")
    assert (data["green"]["state"], data["green"]["version"], data["green"]["port"]) == ("active", "v2", 4101)
    lines = {line["environment"]: line for line in tool("slot_list")["data"]}
    assert (lines["production"]["blueState"], lines["production"]["greenVersion"]) == ("grace", "v2")
    assert lines["staging"]["activeSlot"] is None


def test_a_clean_up_says_what_went(tool: Tool) -> None:
    assert tool("slot_cleanup", projectName="blog")["changed"] is False
    tool("deploy", projectName="blog", version="v1")
    record = tool("slot_cleanup", projectName="blog", force=True)
    assert (record["cleanedSlot"], record["message"]) == ("blue", "blue is empty; it held v1")


def test_the_health_check_shows_parts_resources_and_containers(tool: Tool, house: House) -> None:
    tool("deploy", projectName="blog", version="v1")
    tool("promote", projectName="blog")
    record = tool("full_health_check")
    assert (record["status"], record["components"]["database"]["healthy"]) == ("healthy", True)
    assert record["data"]["containers"][0]["name"] == "blog-production-blue"
    assert record["resources"]["memory"]["total"] > 0
    house.database.away = True
    house.world.runtime.running.clear()
    record = tool("health_check")
    assert record["status"] == "degraded"
    assert record["errors"] == ["blog-production-blue has the traffic and is not running"]
    assert "the database is away" in record["warnings"][0]


def test_an_engine_that_is_away_is_one_error(tool: Tool, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    tool("deploy", projectName="blog", version="v1")

    def away(container: str) -> None:
        raise Unavailable("the container engine", "no socket")

    monkeypatch.setattr(house.world.runtime, "observe", away)
    assert tool("health_check")["errors"] == ["the container engine is not available: no socket"]


def test_no_answer_has_a_key_named_result(tool: Tool) -> None:
    calls = {
        "deploy": {"projectName": "blog"},
        "promote": {"projectName": "blog"},
        "slot_status": {"projectName": "blog"},
        "slot_list": {},
        "slot_cleanup": {"projectName": "blog"},
        "deployment_list": {"projectName": "blog"},
        "env_sync": {"projectName": "blog", "content": "A=1"},
        "env_get": {"projectName": "blog"},
        "health_check": {},
        "workflow_init": {"projectName": "shop"},
        "project_delete": {"projectName": "shop", "confirm": "shop"},
    }
    assert {tool.name for tool in TOOLS} - {"rollback"} == set(calls)
    for name, params in calls.items():
        assert "result" not in tool(name, **params), name


def test_names_and_aliases_are_unique() -> None:
    names = [name for tool in TOOLS for name in (tool.name, *tool.aliases)]
    assert len(names) == len(set(names))
    assert registry.find("full_health_check").name == "health_check"
