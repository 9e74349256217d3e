"""Teams, their settings and their members, through the API's own door. Spec section 6; security 10."""

import json

import pytest
from starlette.testclient import TestClient

from codeb.services.actor import Actor
from tests.doors import House
from tests.unit.api.conftest import Tool


def status(client: TestClient, key: str) -> int:
    return client.post("/api/tool", json={"tool": "team_get"}, headers={"X-API-Key": key}).status_code


def test_a_persons_keys_are_one_persons(tool: Tool, house: House, client: TestClient) -> None:
    tool("member_invite", email="Ann@codeb.test ", name="Ann", role="admin")
    laptop, phone = (tool("token_create", name=name, role="member", member="ann@codeb.test") for name in ("a", "b"))
    robot = tool("token_create", key=laptop["key"], name="robot", role="member")
    assert tool("token_revoke", key=phone["key"], tokenId=robot["tokenId"])["changed"]
    robot = tool("token_create", key=laptop["key"], name="robot", role="member")
    gone = tool("member_remove", email="ann@codeb.test")
    assert sorted(gone["revoked"]) == sorted(each["tokenId"] for each in (laptop, phone, robot))
    assert [status(client, each["key"]) for each in (laptop, phone, robot)] == [401, 401, 401]
    assert tool("member_remove", email="ann@codeb.test")["changed"] is False


def test_a_lowered_members_keys_are_lowered_with_them(tool: Tool, house: House) -> None:
    tool("member_invite", email="ann@codeb.test", role="admin")
    assert tool("member_invite", email="ann@codeb.test", role="admin")["changed"] is False
    key = tool("token_create", name="a", role="admin", member="ann@codeb.test")
    assert tool("member_invite", email="ann@codeb.test", role="viewer")["loweredKeys"] == [key["tokenId"]]
    tool("token_create", key=key["key"], name="x", role="viewer", status=403)
    (member,) = tool("member_list", key=key["key"])["members"]
    assert (member["email"], member["role"]) == ("ann@codeb.test", "viewer")


def test_an_admin_reaches_no_owner_among_the_members(tool: Tool, house: House) -> None:
    tool("member_invite", email="ann@codeb.test", role="owner")
    admin = house.key("admin")
    tool("member_remove", key=admin, email="ann@codeb.test", status=403)
    tool("member_invite", key=admin, email="ann@codeb.test", role="viewer", status=403)
    tool("token_create", key=admin, name="x", role="owner", member="ann@codeb.test", status=403)


def test_a_members_key_is_not_above_the_member_and_only_admins_make_it(tool: Tool, house: House) -> None:
    tool("member_invite", email="ann@codeb.test", role="member")
    tool("token_create", name="x", role="admin", member="ann@codeb.test", status=403)
    tool("token_create", key=house.key("member"), name="x", role="member", member="ann@codeb.test", status=403)
    assert tool("token_create", name="x", role="viewer", member="bob@codeb.test")["code"] == "unknown_member"


def test_a_team_is_made_with_its_owners_key_and_deleted_with_its_keys(
    tool: Tool, client: TestClient, house: House
) -> None:
    made = tool("team_create", name="Night shift")
    owner = made["key"]
    assert (made["team"]["slug"], owner.startswith("codeb_night-shift_owner_")) == ("night-shift", True)
    assert tool("team_get")["team"]["id"] == "team-a"
    house.world.init_project("owl", Actor("key_9", "api", "night-shift"))
    assert tool("team_get", key=owner)["team"]["projects"] == ["owl"]
    refused = tool("team_delete", key=owner, confirm="Night shift")
    assert (refused["code"], refused["projects"]) == ("team_has_projects", ["owl"])
    house.world.delete_project("owl", Actor("key_9", "api", "night-shift"), confirm="owl")
    tool("team_delete", key=owner, confirm="night", status=400)
    assert tool("team_delete", key=owner, confirm="Night shift")["changed"] is True
    assert status(client, owner) == 401


def test_a_slug_is_one_teams_for_ever(tool: Tool, house: House) -> None:
    house.key("owner", "Team-C")
    for slug in ("team-a", "team-c"):
        assert tool("team_create", name="x", slug=slug)["code"] == "team_exists"
    gone = tool("team_create", name="x", slug="gone")
    tool("team_delete", key=gone["key"], confirm="x")
    assert tool("team_create", name="x", slug="gone")["code"] == "team_exists"
    teams = json.loads((house.registry / "teams.json").read_text())
    del teams["teams"]["Team-C"]
    (house.registry / "teams.json").write_text(json.dumps(teams))
    assert tool("team_create", name="x", slug="team-c")["code"] == "team_exists", "its keys would open the new one"


@pytest.mark.parametrize(
    "bad", [{"name": ""}, {"name": "x" * 101}, {"name": "a\nb"}, {"name": "우리"}, {"slug": "A_b"}]
)
def test_a_name_that_is_none_is_refused(tool: Tool, bad: dict[str, str]) -> None:
    tool("team_create", status=400, **{"name": "ok", **bad})


def test_settings_are_changed_one_by_one(tool: Tool, house: House) -> None:
    hook = "https://hooks.codeb.test/secret-path"
    tool("team_settings", settings={"gracePeriodHours": 24, "notificationWebhook": hook})
    done = tool("team_settings", settings={"autoPromote": True})
    assert (done["changed"], done["changedSettings"]) == (True, ["autoPromote"])
    assert tool("team_settings", settings={"autoPromote": True})["changed"] is False
    settings = house.services.access.teams.registry.teams()["team-a"].settings
    assert (settings.grace_period_hours, settings.auto_promote, settings.notification_webhook) == (24, True, hook)
    assert hook not in json.dumps(tool("team_get", key=house.key("viewer")))
    tool("team_settings", settings={"gracePeriodHours": None, "notificationWebhook": None})
    assert tool("team_get")["team"]["settings"]["gracePeriodHours"] == 48


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("gracePeriodHours", 0),
        ("gracePeriodHours", 721),
        ("defaultEnvironment", "banana"),
        ("allowedDomains", ["not a domain"]),
        ("notificationWebhook", "http://plain.test"),
        ("unheardOf", 1),
    ],
)
def test_a_wrong_setting_is_named(tool: Tool, setting: str, value: object) -> None:
    refused = tool("team_settings", settings={setting: value}, status=400)
    assert refused["field"].startswith(f"settings.{setting}")


def test_quotas_are_the_platforms_to_set_and_no_further_team_escapes_them(tool: Tool, house: House) -> None:
    platform = house.key("owner", "operators", platform=True)
    tool("team_settings", quotas={"projects": 3}, status=403)
    tool("team_settings", key=platform, teamId="team-a", quotas={"projects": 3, "cpus": 1.5})
    quotas = house.services.quotas.of("team-a")
    assert (quotas.projects, quotas.cpus, quotas.streams) == (3, 1.5, None)
    tool("team_settings", quotas={"projects": None}, status=403)
    tool("team_create", name="Another", status=403)
    assert tool("team_settings", settings={"autoPromote": True})["team"]["quotas"]["projects"] == 3
    assert house.services.quotas.of("nobody").projects is None


def test_a_team_makes_no_more_projects_than_it_may(tool: Tool, house: House) -> None:
    platform = house.key(platform=True)
    tool("team_settings", key=platform, settings={}, quotas={"projects": 2})
    assert tool("workflow_init", projectName="shop")["changed"]
    refused = tool("workflow_init", projectName="more")
    assert (refused["code"], refused["limit"]) == ("quota_reached", 2)
    assert tool("workflow_init", projectName="shop")["changed"] is False
    assert not tool("project_list")["total"] > 2
