"""Teams, members and tokens through the API's own door. Spec section 6; security 4, 6, 10."""

import json
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from codeb.domain.access import key_hash
from codeb.domain.keys import KeyRecord
from codeb.services.actor import Actor
from tests.doors import House
from tests.unit.api.conftest import Tool
from tests.unit.tools.access import ACCESS, ACCESS_READ

ROLES = ("viewer", "member", "admin", "owner")


def record_of(house: House, key: str) -> KeyRecord:
    record = house.keys.find(key)
    assert record is not None
    return record


def status(client: TestClient, key: str) -> int:
    return client.post("/api/tool", json={"tool": "team_get"}, headers={"X-API-Key": key}).status_code


def test_a_token_opens_the_door_until_it_is_revoked_and_not_one_request_longer(
    tool: Tool, client: TestClient, house: House
) -> None:
    made = tool("token_create", name="ci", role="member", kind="ci", expiresInDays=30)
    assert (status(client, made["key"]), record_of(house, made["key"]).kind) == (200, "ci")
    done = tool("token_revoke", tokenId=made["tokenId"])
    assert (done["changed"], done["warnings"], status(client, made["key"])) == (True, [], 401)
    assert tool("token_revoke", tokenId=made["tokenId"])["code"] == "unknown_token"


@pytest.mark.parametrize("tool_name", ["token_create", "member_invite"])
@pytest.mark.parametrize("role", ["member", "admin", "owner"])
def test_nobody_hands_out_a_role_above_their_own(tool: Tool, house: House, tool_name: str, role: str) -> None:
    key = house.key(role)
    if tool_name == "member_invite" and role == "member":
        tool(tool_name, key=key, email="eve@codeb.test", status=403)
        return
    for wanted in ROLES:
        given = {"name": "x", "role": wanted, "email": f"{wanted}@codeb.test"}
        above = ROLES.index(wanted) > ROLES.index(role)
        tool(tool_name, key=key, status=403 if above else 200, **given)


def test_a_key_whose_text_says_owner_and_whose_record_says_viewer_is_a_viewers(tool: Tool, house: House) -> None:
    key = house.key("owner", role="viewer")
    assert tool("team_get", key=key)["success"]
    for name, params in ACCESS.items():
        tool(name, key=key, status=403, **{"tokenId": "key_1", **params})
    member = house.key("owner", role="member")
    tool("token_create", key=member, name="x", role="owner", status=403)
    made = tool("token_create", key=member, name="x", role="member")
    assert made["key"].startswith("codeb_team-a_member_")


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("team_create", "owner"),
        ("team_list", "viewer"),
        ("team_get", "viewer"),
        ("team_settings", "admin"),
        ("team_delete", "owner"),
        ("member_invite", "admin"),
        ("member_remove", "admin"),
        ("member_list", "viewer"),
        ("token_create", "member"),
        ("token_list", "member"),
        ("token_revoke", "member"),
    ],
)
def test_each_tool_has_the_least_role_of_the_table(tool: Tool, client: TestClient, name: str, least: str) -> None:
    house_keys = {role: tool("token_create", name=role, role=role)["key"] for role in ROLES}
    params = {"dryRun": True, "tokenId": "key_x", "role": "viewer", **ACCESS.get(name, {}), "email": "a@codeb.test"}
    for role, key in house_keys.items():
        sent = {**params, "role": "viewer"}
        answer = client.post("/api/tool", json={"tool": name, "params": sent}, headers={"X-API-Key": key})
        assert (answer.status_code != 403) == (ROLES.index(role) >= ROLES.index(least)), (role, answer.text)


def test_a_narrowed_key_makes_no_wider_one(tool: Tool, house: House) -> None:
    house.world.init_project("shop", Actor("key_9", "api", "team-a"))
    key = house.key("admin", scopes=["token.create", "deploy.create", "team.create"], projects=["blog"])
    for wider in ({"scopes": ["*"]}, {"scopes": ["deploy.create", "env.write"]}, {"projects": ["blog", "shop"]}):
        tool("token_create", key=key, name="x", role="member", status=403, **wider)
    made = record_of(house, tool("token_create", key=key, name="x", role="member")["key"])
    assert made.scopes == {"token.create", "deploy.create", "team.create"}
    assert made.projects == frozenset({"blog"})
    less = tool("token_create", key=key, name="y", role="viewer", scopes=["deploy.create"], projects=["blog"])
    assert record_of(house, less["key"]).scopes == {"deploy.create"}


def test_a_key_for_some_projects_decides_nothing_about_its_team(tool: Tool, house: House) -> None:
    tool("member_invite", email="bob@codeb.test", role="member")
    key = house.key("owner", projects=["blog"])
    for name in ("team_create", "team_settings", "team_delete", "member_invite", "member_remove"):
        tool(name, key=key, status=403, **ACCESS[name])
    others = house.key("owner")
    assert tool("token_revoke", key=key, tokenId=record_of(house, others).id)["code"] == "unknown_token"


def test_a_token_does_not_outlive_the_key_that_made_it_nor_ask_more_often(tool: Tool, house: House) -> None:
    ends = "2999-01-01T00:00:00.000Z"
    key = house.key("member", expiresAt="2030-01-01T00:00:00.000Z", rateLimit={"requests": 7, "window": 60})
    made = record_of(house, tool("token_create", key=key, name="x", role="member")["key"])
    assert made.expires_at == record_of(house, key).expires_at
    assert made.rate_limit is not None
    assert made.rate_limit.requests == 7
    tool("token_create", key=key, name="x", role="member", expiresInDays=3650, status=403)
    assert tool("token_create", key=house.key(expiresAt=ends), name="x", role="member", expiresInDays=1)["success"]


def test_only_an_admin_sets_a_rate(tool: Tool, house: House) -> None:
    rate = {"requests": 5, "window": 10}
    tool("token_create", key=house.key("member"), name="x", role="member", rateLimit=rate, status=403)
    made = tool("token_create", key=house.key("admin"), name="x", role="member", rateLimit=rate)
    assert made["token"]["rateLimit"] == rate


def test_an_assistant_makes_assistants_only(tool: Tool, house: House) -> None:
    key = house.key("owner", kind="assistant")
    for kind in ("person", "ci"):
        tool("token_create", key=key, name="x", role="member", kind=kind, dryRun=True, status=403)
    made = confirmed(tool, "token_create", key, name="x", role="member")
    assert made["token"]["kind"] == "assistant"
    assert confirmed(tool, "team_create", key, name="Its own")["token"]["kind"] == "assistant"


def confirmed(tool: Tool, wanted: str, key: str, /, **params: Any) -> dict[str, Any]:
    """As an assistant does what it may not do alone: a person confirms its request."""
    asked = tool(wanted, key=key, **params)
    assert (asked["success"], asked["code"]) == (False, "confirmation_required")
    code = tool("confirm", requestId=asked["requestId"])["confirmation"]
    return tool(wanted, key=key, confirmation=code, **params)


def test_a_foreign_teams_ids_look_like_ids_of_nothing(tool: Tool, house: House) -> None:
    house.world.init_project("shop", Actor("key_9", "api", "team-b"))
    theirs = house.key("owner", "team-b")
    their_id = record_of(house, theirs).id
    foreign, nothing = tool("token_revoke", tokenId=their_id), tool("token_revoke", tokenId="key_0")
    assert foreign["code"] == nothing["code"] == "unknown_token"
    assert foreign["error"].replace(their_id, "key_0") == nothing["error"]
    for name, params in {**ACCESS, **{each: {} for each in ACCESS_READ}}.items():
        if name in ("team_create", "team_list", "token_revoke"):
            continue
        foreign = tool(name, teamId="team-b", **{**params, "confirm": "team-b"})
        nothing = tool(name, teamId="team-z", **{**params, "confirm": "team-z"})
        assert foreign["code"] == nothing["code"] == "unknown_team", name
        assert foreign["error"].replace("team-b", "team-z") == nothing["error"]
    foreign = tool("token_create", name="x", role="member", projects=["shop"])
    nothing = tool("token_create", name="x", role="member", projects=["zhop"])
    assert foreign["code"] == nothing["code"] == "unknown_project"
    assert foreign["error"].replace("shop", "zhop") == nothing["error"]
    assert {team["id"] for team in tool("team_list")["teams"]} == {"team-a"}
    assert status_of_all(tool, theirs) == {"team-b"}


def status_of_all(tool: Tool, key: str) -> set[str]:
    return {token["teamId"] for token in tool("token_list", key=key)["tokens"]}


def test_a_platform_key_crosses_teams(tool: Tool, house: House) -> None:
    theirs = house.key("owner", "team-b")
    platform = house.key("owner", "operators", platform=True)
    assert {team["id"] for team in tool("team_list", key=platform)["teams"]} == {"team-a", "team-b", "operators"}
    made = tool("token_create", key=platform, teamId="team-b", name="help", role="viewer")
    assert (made["token"]["teamId"], made["token"]["platform"]) == ("team-b", False)
    assert tool("token_revoke", key=platform, tokenId=record_of(house, theirs).id)["changed"]


def test_a_platform_key_is_no_prey_of_its_team(tool: Tool, house: House) -> None:
    platform = house.key("owner", "operators", platform=True)
    plain = house.key("owner", "operators")
    tool("token_revoke", key=plain, tokenId=record_of(house, platform).id, status=403)
    tool("team_delete", key=plain, confirm="operators", status=403)


def test_a_member_sees_and_revokes_their_own_tokens_only(tool: Tool, house: House) -> None:
    ann, bob = house.key("member"), house.key("member")
    mine = tool("token_create", key=ann, name="mine", role="viewer")["tokenId"]
    assert {each["id"] for each in tool("token_list", key=ann)["tokens"]} == {mine, record_of(house, ann).id}
    assert tool("token_revoke", key=bob, tokenId=mine)["code"] == "unknown_token"
    assert tool("token_revoke", key=ann, tokenId=mine)["changed"]
    seen = {each["id"] for each in tool("token_list", key=house.key("admin"))["tokens"]}
    assert {record_of(house, ann).id, record_of(house, bob).id} <= seen


def test_an_admin_without_the_scope_for_any_token_has_their_own_left(tool: Tool, house: House) -> None:
    other = record_of(house, house.key("member")).id
    narrow = house.key("admin", scopes=["token.revoke.own"])
    assert tool("token_revoke", key=narrow, tokenId=other)["code"] == "unknown_token"


def test_the_last_owners_key_may_go_and_the_answer_says_how_to_come_back(tool: Tool, house: House) -> None:
    for token in tool("token_list")["tokens"]:
        last = tool("token_revoke", tokenId=token["id"])
    assert "codeb keys create" in last["warnings"][0]


def test_revoking_names_the_tokens_that_the_key_had_made(tool: Tool, house: House) -> None:
    stolen = house.key("member")
    made = tool("token_create", key=stolen, name="x", role="member")["tokenId"]
    done = tool("token_revoke", tokenId=record_of(house, stolen).id)
    assert done["made"] == [made]
    assert made in done["warnings"][0]


def test_neither_key_nor_hash_is_in_any_later_answer_or_log(
    tool: Tool, house: House, logged: list[MutableMapping[str, Any]]
) -> None:
    made = tool("token_create", name="x", role="admin")
    team = tool("team_create", name="Night shift")
    assert "keyHash" not in json.dumps([made, team])
    told = [tool(name) for name in ACCESS_READ] + [tool("token_revoke", tokenId=made["tokenId"])]
    for key in (made["key"], team["key"]):
        for secret in (key, key_hash(key), key[-24:]):
            assert secret not in json.dumps(told)
            assert secret not in repr(logged)
        assert key not in (house.registry / "api-keys.json").read_text()


@pytest.mark.parametrize("name", ACCESS)
def test_a_dry_run_changes_nothing(tool: Tool, house: House, name: str) -> None:
    house.world.delete_project("blog", Actor("key_0", "api", "team-a"), confirm="blog")
    tool("member_invite", email="bob@codeb.test", role="member")
    token = tool("token_create", name="x", role="member")["tokenId"]
    params = {**ACCESS[name], **({"tokenId": token} if name == "token_revoke" else {})}
    before = {path: path.read_bytes() for path in house.registry.rglob("*") if path.is_file()}
    planned = tool(name, dryRun=True, **params)
    assert (planned["dryRun"], planned["changed"], bool(planned["plan"])) == (True, False, True)
    assert "key" not in planned
    assert {path: path.read_bytes() for path in house.registry.rglob("*") if path.is_file()} == before
    done = tool(name, **params)
    assert done["changed"] is True
    assert "result" not in done


def test_a_damaged_team_file_stops_neither_logins_nor_a_revocation(tool: Tool, house: House) -> None:
    token = tool("token_create", name="x", role="member")["tokenId"]
    (house.registry / "teams.json").write_text("{")
    assert tool("slot_list")["success"]
    tool("team_get", status=503)
    tool("team_settings", settings={"autoPromote": True}, status=503)
    assert tool("token_revoke", tokenId=token)["changed"] is True
    assert (house.registry / "teams.json").read_text() == "{"


def test_last_use_is_told_without_the_key_file_being_written(tool: Tool, house: House) -> None:
    key_id = record_of(house, house.key("viewer")).id
    before = (house.registry / "api-keys.json").stat().st_ino
    house.keys.used(key_id)
    house.keys.flush()
    used = {token["id"]: token["lastUsed"] for token in tool("token_list")["tokens"]}
    assert used[key_id] is not None
    assert (house.registry / "api-keys.json").stat().st_ino == before
