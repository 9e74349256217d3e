"""Routes that existing clients call beside the tools. Spec section 6."""

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
