"""workflow_init, project_delete, and the lists. Spec section 6."""

import pytest

from codeb.domain.names import Environment
from codeb.domain.project import ProjectExists, UnknownProject
from codeb.errors import InvalidInput, Unavailable
from codeb.services.actor import Actor
from codeb.services.delete_project import NoLastDump
from codeb.services.errors import DumpFailed, SiteRefused
from codeb.services.protocols import Site
from codeb.tools import registry
from codeb.tools.registry import TOOLS
from tests.doors import House
from tests.fakes.records import REGISTRY
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
        tool("workflow_init", projectName="shop", type="go")


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


def test_a_forced_deletion_says_what_has_no_last_dump(tool: Tool, house: House) -> None:
    tool("workflow_init", projectName="shop")
    house.world.dumps.fails = DumpFailed("shop-staging: the database was not dumped: permission denied")
    assert any(
        "without a last dump" in each
        for each in tool("project_delete", projectName="shop", force=True, dryRun=True)["plan"]
    )
    with pytest.raises(NoLastDump, match="`force` deletes the project all the same"):
        tool("project_delete", projectName="shop", confirm="shop")
    record = tool("project_delete", projectName="shop", confirm="shop", force=True)
    assert (record["dumps"], len(record["missingDumps"])) == ([], 3)
    assert "there is no last dump of shop-p" in record["message"]


def test_made_again_a_project_has_back_what_was_taken_away_and_new_passwords_are_told(tool: Tool, house: House) -> None:
    tool("workflow_init", projectName="shop")
    shop, me = Environment.of("shop"), Actor("key_0", "api", "team-a")
    for lost in (False, True):
        house.world.env(shop, {}, me, merge=True, remove=["DATABASE_URL"])
        if lost:
            house.world.databases.made[shop] = 7
        record = tool("workflow_init", projectName="shop")
        assert record["changed"]
        assert record["restoredVariables"] == ([] if lost else ["shop-production DATABASE_URL"])
        assert record["renewedPasswords"] == (["shop-production DATABASE_URL"] if lost else [])
        assert ("until it is deployed again" in record.get("message", "")) == lost


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
    house.world.runtime.containers.clear()
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


def test_names_and_aliases_are_unique() -> None:
    names = [name for tool in TOOLS for name in (tool.name, *tool.aliases)]
    assert len(names) == len(set(names))
    assert registry.find("full_health_check").name == "health_check"


def test_settings_are_changed_one_by_one_and_checked(tool: Tool, house: House) -> None:
    smoke = [{"path": "/login", "status": 200, "latency": 300}]
    changes = {"healthPath": "/ready", "smoke": smoke, "watch": {"minutes": 3, "errorShare": 0.1}}
    record = tool("project_update", projectName="blog", settings=changes)
    assert (record["changed"], record["redeployNeeded"]) == (True, True)
    assert record["changedSettings"] == ["healthPath", "smoke", "watch"]
    settings = house.world.projects.get("blog").settings
    assert (settings.health_path, settings.smoke[0].path) == ("/ready", "/login")
    assert settings.watch is not None
    assert settings.watch.error_share == 0.1
    assert settings.port == 3000, "what was not named is as it was"
    assert tool("project_update", projectName="blog", settings=changes)["changed"] is False
    assert tool("project_update", projectName="blog", settings={"watch": None})["settings"]["watch"] is None


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"healthPath": "@169.254.169.254/"}, "settings.healthPath"),
        ({"smoke": [{"path": "@169.254.169.254/"}]}, "settings.smoke.0.path"),
        ({"smoke": [{"path": "//evil.example/"}, {"path": "/x y"}]}, "settings.smoke.1.path"),
        ({"volumes": {"/": "/host"}}, "settings.volumes"),
        ({"volumes": {"data": "/var/../etc"}}, "settings.volumes"),
        ({"webhook": "http://hooks.example.org/"}, "settings.webhook"),
        ({"webhook": "https://user@hooks.example.org/"}, "settings.webhook"),
        ({"memory": "lots"}, "settings.memory"),
        ({"memroy": "1g"}, "settings.memroy"),
        ({"privileged": True}, "settings.privileged"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tool: Tool, house: House, settings: dict[str, object], field: str) -> None:
    before = house.world.projects.get("blog")
    with pytest.raises(InvalidInput) as refused:
        tool("project_update", projectName="blog", settings=settings)
    assert refused.value.field.startswith(field)
    assert house.world.projects.get("blog") == before


def test_settings_that_the_proxy_refuses_are_not_kept(tool: Tool, house: House) -> None:
    before = house.world.projects.get("blog")
    real = house.world.proxy.install
    calls: list[int] = []

    def refusing(*sites: Site) -> bool:
        calls.append(1)
        if len(calls) == 1:
            raise SiteRefused("no")
        return real(*sites)

    house.world.proxy.install = refusing  # type: ignore[method-assign]
    with pytest.raises(SiteRefused):
        tool("project_update", projectName="blog", settings={"previewProtection": True})
    assert house.world.projects.get("blog") == before


def test_what_is_the_projects_own_redeploys_nothing(tool: Tool) -> None:
    tool("deploy", projectName="blog", version="v1")
    changes = {"previewProtection": True, "webhook": "https://hooks.example.org/x", "keepImages": 2}
    record = tool("project_update", projectName="blog", settings=changes)
    assert record["redeployNeeded"] is False
    assert len(record["webhookSecret"]) == 64
    again = tool("deploy", projectName="blog", version="v1")
    assert again["changed"] is False
    assert "codeb_preview=" in again["previewLink"]
    shown = tool("slot_status", projectName="blog")["data"]["blue"]["settings"]
    assert "hooks.example.org/x" not in str(shown)
