"""Keys, roles and development mode. Spec section 6, "Auth"; security 3."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from codeb.adapters.keys import KeyRecord, KeyRegistry
from codeb.api.auth import refuse_open_development
from codeb.errors import ConfigError
from codeb.services.actor import Actor
from tests.doors import House
from tests.unit.api.conftest import Tool


def ask(client: TestClient, key: str | None, **headers: str) -> int:
    sent = headers if key is None else {"X-API-Key": key, **headers}
    return client.post("/api/tool", json={"tool": "slot_list"}, headers=sent).status_code


@pytest.mark.parametrize(
    "key", [None, "", "nonsense", "codeb_team-a_owner_", "codeb_team-a_king_x", "codeb_team-a_owner_x"]
)
def test_without_a_registered_key_nothing_is_answered(client: TestClient, key: str | None) -> None:
    answer = client.post("/api/tool", json={"tool": "slot_list"}, headers={"X-API-Key": key} if key is not None else {})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_the_role_is_the_registrys_never_the_texts(tool: Tool, house: House) -> None:
    key = house.key("owner", role="viewer")
    assert tool("slot_list", key=key)["success"]
    assert (
        tool("deploy", key=key, projectName="blog", status=403)["error"] == "Permission denied: deploy.create required"
    )


def test_a_new_key_is_accepted_at_once_and_a_removed_one_refused_at_once(client: TestClient, house: House) -> None:
    first = house.key()
    assert ask(client, first) == 200
    second = house.key()
    assert ask(client, second) == 200
    house.keys.path.unlink()
    assert (ask(client, first), ask(client, second)) == (401, 401)


def test_a_key_ends_when_its_time_is_over(client: TestClient, house: House) -> None:
    assert ask(client, house.key(expiresAt="2020-01-01T00:00:00.000Z")) == 401
    assert ask(client, house.key(expiresAt="2020-01-01T00:00:00")) == 401
    assert ask(client, house.key(expiresAt="2999-01-01T00:00:00.000Z")) == 200


def test_unknown_malformed_and_revoked_keys_get_one_answer(client: TestClient, house: House) -> None:
    """Also a key of which all but one character is right, wherever that one is."""
    revoked = house.key()
    house.keys.path.unlink()
    known = house.key()
    begin = known.index("_owner_") + len("_owner_")
    almost = [known[:at] + ("A" if known[at] != "A" else "B") + known[at + 1 :] for at in (begin, begin + 12, -1)]
    keys = ["nonsense", "codeb_team-a_king_x", "codeb_team-a_owner_unknown", revoked, known + "x", known[:-1], *almost]
    bodies = [client.get("/api", headers={"X-API-Key": key}) for key in keys]
    assert {answer.status_code for answer in bodies} == {401}
    told = [{**answer.json(), "duration": 0, "timestamp": "", "correlationId": ""} for answer in bodies]
    assert all(body == told[0] for body in told), told
    assert told[0]["error"] == "Invalid API key"


def test_a_key_is_looked_up_by_the_hash_of_its_whole_text(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No comparison that ends early ever sees the secret part."""
    known = house.key()
    asked: list[str] = []
    find = KeyRegistry.find

    def heard(keys: KeyRegistry, text: str) -> KeyRecord | None:
        asked.append(text)
        return find(keys, text)

    monkeypatch.setattr(KeyRegistry, "find", heard)
    wrong = known[:-1] + ("A" if known[-1] != "A" else "B")
    for key in (known, wrong, "codeb_team-a_owner_x"):
        client.get("/api", headers={"X-API-Key": key})
    assert asked == [known, wrong, "codeb_team-a_owner_x"]
    assert known not in house.keys.path.read_text()


def test_only_an_expired_key_is_told_why(client: TestClient, house: House) -> None:
    expired = house.key(expiresAt="2020-01-01T00:00:00.000Z")
    assert "expired at 2020-01-01" in client.get("/api", headers={"X-API-Key": expired}).json()["error"]
    wrong = expired[:-1] + ("A" if expired[-1] != "A" else "B")
    assert client.get("/api", headers={"X-API-Key": wrong}).json()["error"] == "Invalid API key"


def test_a_damaged_key_file_stops_logins_not_the_server(
    client: TestClient, house: House, logged: list[MutableMapping[str, Any]]
) -> None:
    key = house.key()
    whole = house.keys.path.read_text()
    house.keys.path.write_text(whole[: len(whole) // 2])
    assert (ask(client, key), ask(client, key)) == (503, 503)
    told = [entry for entry in logged if entry["event"] == "key_file_unusable"]
    assert [(entry["path"], entry["effect"]) for entry in told] == [(str(house.keys.path), "no key is accepted")]
    assert client.get("/health").json()["problems"] == ["keys"]
    house.keys.path.write_text(whole)
    assert ask(client, key) == 200
    assert client.get("/health").json()["status"] == "healthy"


@pytest.mark.parametrize("content", ["[]", "{}", '{"keys": []}', "null", "\x00"])
def test_a_file_that_is_no_key_file_stops_logins(client: TestClient, house: House, content: str) -> None:
    house.registry.mkdir(exist_ok=True)
    house.keys.path.write_text(content)
    assert ask(client, "codeb_team-a_owner_x") == 503


@pytest.mark.parametrize("odd", [{"role": "king"}, {"keyHash": 7}, {"scopes": None}, {"expiresAt": "soon"}, {"id": []}])
def test_one_odd_entry_costs_its_own_key_only(client: TestClient, house: House, odd: dict[str, Any]) -> None:
    good, bad = house.key(), house.key(**odd)
    assert (ask(client, good), ask(client, bad)) == (200, 401)


def test_scopes_narrow_a_role_and_never_widen_it(tool: Tool, house: House) -> None:
    key = house.key("viewer", scopes=["slot.view", "deploy.create"])
    assert tool("slot_list", key=key)["success"]
    tool("env_get", key=key, projectName="blog", status=403)
    tool("deploy", key=key, projectName="blog", status=403)
    tool("slot_list", key=house.key("owner", scopes=[]), status=403)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("slot_status", "viewer"),
        ("slot_list", "viewer"),
        ("deployment_list", "viewer"),
        ("env_get", "viewer"),
        ("health_check", "viewer"),
        ("deploy", "member"),
        ("promote", "member"),
        ("rollback", "member"),
        ("workflow_init", "member"),
        ("env_sync", "member"),
        ("slot_cleanup", "admin"),
        ("project_delete", "admin"),
    ],
)
def test_each_tool_has_its_least_role(client: TestClient, house: House, name: str, least: str) -> None:
    roles = ["viewer", "member", "admin", "owner"]
    params = {"projectName": "blog", "dryRun": True, "content": "A=1"}
    for role in roles:
        answer = client.post("/api/tool", json={"tool": name, "params": params}, headers={"X-API-Key": house.key(role)})
        assert (answer.status_code != 403) == (roles.index(role) >= roles.index(least)), (role, answer.text)


def test_permission_comes_before_validation(tool: Tool, house: House) -> None:
    tool("deploy", key=house.key("viewer"), status=403)
    tool("deploy", status=400)


def test_another_teams_project_does_not_exist(tool: Tool, house: House) -> None:
    house.world.init_project("shop", Actor("key_9", "api", "team-b"))
    for name in ("deploy", "promote", "rollback", "slot_status", "env_get", "deployment_list", "slot_cleanup"):
        assert tool(name, projectName="shop")["code"] == "unknown_project", name
    assert tool("env_sync", projectName="shop", content="A=1")["code"] == "unknown_project"
    assert tool("project_delete", projectName="shop", confirm="shop")["code"] == "unknown_project"
    assert {line["projectName"] for line in tool("slot_list")["data"]} == {"blog"}
    assert {line["project"] for line in tool("health_check")["data"]["slots"]} == {
        "blog-production",
        "blog-staging",
        "blog-preview",
    }
    assert "shop" in house.world.projects.known


def test_a_platform_key_crosses_teams(tool: Tool, house: House) -> None:
    key = house.key("owner", "operators", platform=True)
    assert tool("slot_status", key=key, projectName="blog")["success"]


def test_a_key_for_some_projects_sees_no_others(tool: Tool, house: House) -> None:
    house.world.init_project("shop", Actor("key_9", "api", "team-a"))
    key = house.key(projects=["shop"])
    assert {line["projectName"] for line in tool("slot_list", key=key)["data"]} == {"shop"}
    assert tool("slot_status", key=key, projectName="shop")["success"]
    tool("slot_status", key=key, projectName="blog", status=403)
    tool("workflow_init", key=key, projectName="another", status=403)


def test_development_mode_lets_a_well_formed_key_in(tmp_path: Path) -> None:
    house = House(tmp_path, {"CODEB_ENV": "development"})
    with house.client() as client:
        assert ask(client, "codeb_me_viewer_x") == 200
        assert ask(client, "nonsense") == 401
        deploy = {"tool": "deploy", "params": {"projectName": "blog"}}
        assert client.post("/api/tool", json=deploy, headers={"X-API-Key": "codeb_me_viewer_x"}).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_development_mode_refuses_what_came_through_a_proxy(tmp_path: Path, header: str) -> None:
    house = House(tmp_path, {"NODE_ENV": "development"})
    with house.client() as client:
        assert client.get("/health", headers={header: "203.0.113.1"}).status_code == 403
        assert ask(client, "codeb_me_owner_x", **{header: "127.0.0.1"}) == 403


def test_development_mode_ends_as_soon_as_a_key_is_registered(tmp_path: Path) -> None:
    house = House(tmp_path, {"CODEB_ENV": "development"})
    with house.client() as client:
        assert ask(client, "codeb_me_owner_x") == 200
        house.key()
        assert ask(client, "codeb_me_owner_x") == 401


@pytest.mark.parametrize("variable", ["CODEB_LISTEN", "CODEB_INTERNAL_LISTEN"])
def test_development_mode_does_not_start_on_an_outside_address(tmp_path: Path, variable: str) -> None:
    house = House(tmp_path, {"CODEB_ENV": "development", variable: "127.0.0.1:9101,10.0.0.5:9101"})
    with pytest.raises(ConfigError, match=r"10\.0\.0\.5:9101"):
        refuse_open_development(house.settings, house.keys)


def test_development_mode_does_not_start_beside_keys(tmp_path: Path) -> None:
    house = House(tmp_path, {"CODEB_ENV": "development"})
    refuse_open_development(house.settings, house.keys)
    house.key()
    with pytest.raises(ConfigError, match="registered keys"):
        refuse_open_development(house.settings, house.keys)
    house.keys.path.write_text("{")
    with pytest.raises(ConfigError, match="registered keys"):
        refuse_open_development(house.settings, house.keys)


def test_production_accepts_no_unregistered_key_whatever_else_is_set(tmp_path: Path) -> None:
    house = House(tmp_path, {"CODEB_ENV": "production", "NODE_ENV": "development"})
    with house.client() as client:
        assert ask(client, "codeb_me_owner_x") == 401
