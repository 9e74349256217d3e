"""Routes that existing clients call beside the tools. Spec section 6."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from codeb.services.actor import Actor
from tests.doors import House
from tests.unit.api.conftest import Tool
from tests.unit.api.scrape import INTERNAL, sample
from tests.unit.services.conftest import BLOG


def upload(client: TestClient, key: str, path: str = "/api/env", **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body, headers={"X-API-Key": key})
    record: dict[str, Any] = {**answer.json(), "status": answer.status_code}
    return record


@pytest.mark.parametrize("path", ["/api/projects", "/projects"])
def test_projects_are_those_that_the_key_sees(client: TestClient, house: House, path: str) -> None:
    house.world.init_project("shop", Actor("key_9", "api", "team-b"))
    assert client.get(path).status_code == 401
    record = client.get(path, headers={"X-API-Key": house.key("viewer")}).json()
    assert (record["success"], record["total"]) == (True, 1)
    (blog,) = record["projects"]
    assert {**blog, "createdAt": ""} == {
        "name": "blog",
        "projectName": "blog",
        "url": "https://blog.codeb.test",
        "activeVersion": None,
        "teamId": "team-a",
        "type": "nextjs",
        "environments": ["production", "staging", "preview"],
        "createdAt": "",
    }
    assert blog["createdAt"].endswith("Z")
    everything = client.get(path, headers={"X-API-Key": house.key("owner", "operators", platform=True)}).json()
    assert [each["name"] for each in everything["projects"]] == ["blog", "shop"]
    narrowed = client.get(path, headers={"X-API-Key": house.key(projects=["other"])}).json()
    assert narrowed["projects"] == []
    assert client.get(path, headers={"X-API-Key": house.key(scopes=["slot.view"])}).status_code == 403


@pytest.mark.parametrize("path", ["/api/env", "/env"])
def test_an_upload_stores_a_new_version_and_the_one_before_stays(client: TestClient, house: House, path: str) -> None:
    key = house.key("member")
    first = upload(client, key, path, project="blog", environment="production", action="upload", content="A=1\nB=2\n")
    assert (first["success"], first["version"], first["backupSaved"], first["restarted"]) == (True, 1, False, False)
    second = upload(client, key, path, project="Blog", content="A=3", restart=True)
    assert (second["version"], second["backupSaved"], second["changed"]) == (2, True, True)
    assert house.world.envs.current(BLOG).variables == {"A": "3", "B": "2"}
    again = upload(client, key, path, project="blog", content="A=3")
    assert (again["changed"], again["backupSaved"]) == (False, False)


def test_variables_come_through_as_they_are(client: TestClient, house: House) -> None:
    odd = {"URL": "postgres://u:p'@h/d?a=$HOME#x", "LINES": "one\ntwo", "EMPTY": "", "BACK": "a\\n\\'"}
    record = upload(client, house.key(), project="blog", variables=odd, merge=False, content=None)
    assert record["success"], record
    assert house.world.envs.current(BLOG).variables == odd


def test_a_dry_upload_changes_nothing(client: TestClient, house: House) -> None:
    record = upload(client, house.key(), project="blog", content="A=1", dryRun=True)
    assert (record["success"], record["backupSaved"]) == (True, False)
    assert house.world.envs.current(BLOG).version == 0


def test_projects_are_what_the_tool_lists_and_asking_is_audited(client: TestClient, house: House, tool: Tool) -> None:
    house.world.init_project("api", Actor("key_0", "api", "team-a"))
    headers = {"X-API-Key": house.key("viewer")}
    record, listed = client.get("/api/projects", headers=headers).json(), tool("project_list")
    assert record["projects"] == listed["projects"]
    assert [each["name"] for each in record["projects"]] == ["api", "blog"]
    assert client.get("/api/projects", headers={"X-API-Key": house.key(scopes=["slot.view"])}).status_code == 403
    rows = [(each.tool, each.success, each.code) for each in house.trail.entries]
    assert rows == [("project_list", True, None)] * 2 + [("project_list", False, "forbidden")]


def test_an_assistant_uploads_with_a_persons_code_and_plans_without(
    client: TestClient, house: House, tool: Tool
) -> None:
    key, body = house.key(kind="assistant"), {"project": "blog", "content": "A=1"}
    planned = upload(client, key, **body, dryRun=True)
    assert (planned["success"], planned["dryRun"]) == (True, True)
    asked = upload(client, key, **body)
    assert (asked["status"], asked["code"]) == (200, "confirmation_required")
    assert upload(client, key, **body, dryRun=False)["code"] == "confirmation_required"
    code = tool("confirm", requestId=asked["requestId"])["confirmation"]
    assert upload(client, key, **{**body, "content": "A=2"}, confirmation="guess")["code"] == "not_confirmed"
    assert house.world.envs.current(BLOG).version == 0
    done = upload(client, key, **body, confirmation=code)
    assert (done["success"], done["version"]) == (True, 1)
    assert "ignored" not in done
    assert upload(client, key, **body, confirmation=code)["code"] == "not_confirmed"


def test_what_has_no_effect_is_named_wherever_it_was_ignored(client: TestClient, house: House) -> None:
    record = upload(client, house.key(), project="blog", content="A=1", colour="red", confirmation="x")
    assert record["ignored"] == ["colour", "confirmation"]


@pytest.mark.parametrize(
    ("made_as", "body", "code", "project"),
    [
        ("viewer", {"project": "blog", "content": "A=hunter2"}, "forbidden", None),
        ("member", {"project": "blog"}, "invalid_input", "blog"),
        ("member", {"project": "Blog", "content": "hunter2", "environment": "moon"}, "invalid_input", "blog"),
        ("member", {"project": "hunter2!", "content": ""}, "invalid_input", None),
        ("member", {"project": 7, "content": {"A": "hunter2"}}, "invalid_input", None),
        ("member", {"project": "shop", "content": "A=hunter2"}, "unknown_project", "shop"),
        ("member", None, "bad_request", None),
    ],
)
def test_a_refused_upload_is_in_the_audit(
    house: House, made_as: str, body: dict[str, Any] | None, code: str, project: str | None
) -> None:
    with house.client(server=INTERNAL) as client:
        content = b"hunter2" if body is None else json.dumps(body).encode()
        answer = client.post("/api/env", content=content, headers={"X-API-Key": house.key(made_as)})
        assert answer.json()["code"] == code
        called = f'codeb_tool_calls_total{{role="{made_as}",status="failed",tool="env_sync"}}'
        assert sample(client, called) == 1
    (row,) = house.trail.entries
    assert (row.tool, row.success, row.code, row.role, row.project) == ("env_sync", False, code, made_as, project)
    assert "hunter2" not in repr({**row.params, "project": "", "projectName": ""})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"project": "blog"}, "content"),
        ({"content": "A=1"}, "project"),
        ({"project": "../etc", "content": "A=1"}, "projectName"),
        ({"project": "blog", "content": "A=1", "action": "drop"}, "action"),
        ({"project": "blog", "content": "A=1", "environment": "banana"}, "environment"),
        ({"project": "blog", "variables": {"A=B": "x"}}, "variables.A=B.[key]"),
        ({"project": "blog", "variables": {"A": 7}}, "variables.A"),
        ({"project": "blog", "content": "hunter2 is not a variable"}, "content"),
    ],
)
def test_a_wrong_upload_is_400_and_names_the_field(
    client: TestClient, house: House, body: dict[str, Any], field: str
) -> None:
    record = upload(client, house.key(), **body)
    assert (record["status"], record["success"], record["field"]) == (400, False, field)
    assert "hunter2" not in str(record)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"project": "\\ud800"}', b"[" * 100_000])
def test_a_body_that_is_no_object_is_400(client: TestClient, house: House, body: bytes) -> None:
    answer = client.post("/api/env", content=body, headers={"X-API-Key": house.key()})
    assert (answer.status_code, answer.json()["success"]) == (400, False)


def test_an_upload_is_as_hard_to_come_by_as_env_sync(client: TestClient, house: House) -> None:
    house.world.init_project("shop", Actor("key_9", "api", "team-b"))
    assert upload(client, house.key("viewer"))["status"] == 403
    assert upload(client, house.key(scopes=["env.read"]))["status"] == 403
    assert upload(client, house.key(), project="shop", content="A=1")["code"] == "unknown_project"
    assert client.post("/api/env", json={}).status_code == 401


@pytest.mark.parametrize("path", ["/api/setup/secrets", "/setup/secrets"])
def test_ci_gets_its_secrets_from_an_admins_key_only(tmp_path: Path, path: str) -> None:
    house = House(
        tmp_path,
        {
            "CODEB_S3_ENDPOINT": "https://db.codeb.test:9000",
            "CODEB_S3_ACCESS_KEY": "cache-user",
            "CODEB_S3_SECRET_KEY": "cache-secret",
            "CODEB_REGISTRY_USERNAME": "codeb",
            "CODEB_REGISTRY_PASSWORD": "registry-secret",
        },
    )
    with house.client(server=INTERNAL) as client:
        assert client.get(path).status_code == 401
        for role in ("viewer", "member"):
            refused = client.get(path, headers={"X-API-Key": house.key(role)})
            assert (refused.status_code, "cache-secret" in refused.text) == (403, False)
        record = client.get(path, headers={"X-API-Key": house.key("admin")}).json()
        assert {key: record[key] for key in record if key not in {"duration", "timestamp", "correlationId"}} == {
            "success": True,
            "minio_access_key": "cache-user",
            "minio_secret_key": "cache-secret",
            "registry_url": house.settings.registry,
            "registry_username": "codeb",
            "registry_password": "registry-secret",
            "s3_endpoint": "https://db.codeb.test:9000",
        }
        assert sample(client, 'codeb_tool_calls_total{role="admin",status="success",tool="setup_secrets"}') == 1


def test_the_secrets_need_their_scope(tool: Tool, house: House) -> None:
    tool("setup_secrets", key=house.key("owner", scopes=["deploy.create"]), status=403)
    assert tool("setup_secrets", key=house.key("admin", scopes=["setup.secrets"]))["success"]


def test_the_registrys_password_is_the_api_key_itself_where_it_takes_tokens(tmp_path: Path) -> None:
    house = House(tmp_path, {"CODEB_REGISTRY_TOKEN_KEY": "/opt/codeb/registry/token-key.pem"})
    with house.client() as client:
        record = client.get("/api/setup/secrets", headers={"X-API-Key": house.key("admin")}).json()
    assert (record["registry_username"], record["registry_password"]) == ("codeb", "")
