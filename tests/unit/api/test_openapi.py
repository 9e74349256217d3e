"""The API's description of itself. Spec section 6."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from starlette.routing import Route
from starlette.testclient import TestClient

import codeb
from codeb.api import openapi
from codeb.api.app import create_app
from codeb.tools import registry
from codeb.tools.registry import TOOLS
from tests.doors import House

UNDOCUMENTED = {"/metrics", "/internal/tls", "/mcp"}
"""The first two are for inside; what is said at the last is another protocol, which describes itself."""
PAGE = "/web/"
"""What the page for browsers is made of; no client of the API asks for it."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document()


def schema(document: dict[str, Any], name: str) -> OAS31Validator:
    return OAS31Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]})


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (each for key, each in value.items() if key == "$ref")
        for each in value.values():
            yield from references(each)
    if isinstance(value, list):
        for each in value:
            yield from references(each)


def test_it_is_served_to_whoever_asks_and_is_valid(client: TestClient) -> None:
    answer = client.get("/openapi.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert (answer.json()["openapi"], answer.json()["info"]["version"]) == ("3.1.0", codeb.__version__)
    validate(answer.json())
    assert client.get("/api/openapi.json").json() == answer.json()


def test_it_is_made_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get("/openapi.json")
    monkeypatch.setattr(openapi, "document", lambda: pytest.fail("made again"))
    assert client.get("/openapi.json").status_code == 200


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        value = document
        for part in reference.removeprefix("#/").split("/"):
            value = value[part]


def test_every_public_route_is_in_it_and_nothing_else(document: dict[str, Any], house: House) -> None:
    app = create_app(house.services, house.keys, house.settings)
    routes = {route.path: route.methods or set() for route in app.routes if isinstance(route, Route)}
    routes = {path: methods for path, methods in routes.items() if not path.startswith(PAGE)}
    shorter = {path.removeprefix("/api") for path in routes if path.startswith("/api/")} & routes.keys()
    longer = {f"/api{path}" for path in shorter}
    public = (routes.keys() - UNDOCUMENTED - shorter) | {"/openapi.json"}
    assert document["paths"].keys() == public - {"/api/openapi.json"}
    assert longer <= routes.keys()
    for path, operations in document["paths"].items():
        assert {method.upper() for method in operations} == routes[path] - {"HEAD"}


def test_every_tool_is_in_it_under_all_its_names(document: dict[str, Any]) -> None:
    mapping = document["components"]["schemas"]["ToolCall"]["discriminator"]["mapping"]
    assert mapping.keys() == {name for tool in TOOLS for name in (tool.name, *tool.aliases)}
    for name in mapping:
        assert mapping[name] == f"#/components/schemas/{registry.find(name).name}_call"


def test_the_examples_are_calls_that_the_schema_and_the_tool_accept(document: dict[str, Any]) -> None:
    body = document["paths"]["/api/tool"]["post"]["requestBody"]["content"]["application/json"]
    assert {"deploy", "promote", "env_sync", "slot_list"} <= body["examples"].keys()
    validator = schema(document, "ToolCall")
    for name, example in body["examples"].items():
        validator.validate(example["value"])
        registry.find(name).prepare(example["value"]["params"])


@pytest.mark.parametrize(
    "call",
    [
        {"tool": "frobnicate", "params": {}},
        {"tool": "deploy", "params": {}},
        {"tool": "deploy"},
        {"tool": "slot_status", "params": {"projectName": "blog", "environment": "banana"}},
        {"params": {}},
    ],
)
def test_the_schema_refuses_what_the_api_refuses(
    document: dict[str, Any], client: TestClient, house: House, call: dict[str, Any]
) -> None:
    assert not schema(document, "ToolCall").is_valid(call)
    answer = client.post("/api/tool", json=call, headers={"X-API-Key": house.key()})
    assert answer.status_code in {400, 404}
    schema(document, "Failure").validate(answer.json())


def test_answers_are_as_described(document: dict[str, Any], client: TestClient, house: House) -> None:
    headers = {"X-API-Key": house.key()}
    schema(document, "Failure").validate(client.get("/api").json())
    for path, operations in document["paths"].items():
        if "get" in operations and path != "/api/logs/stream":  # it answers for as long as somebody reads
            answer = client.get(path, headers=headers)
            described = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            components = {"components": document["components"]}
            OAS31Validator({**described, **components}).validate(answer.json())
    call = {"tool": "setup_secrets"}
    schema(document, "setup_secrets_result").validate(client.post("/api/tool", json=call, headers=headers).json())
    assert set(document["components"]["schemas"]["setup_secrets_result"]["properties"]) == {
        "minio_access_key",
        "minio_secret_key",
        "registry_url",
        "registry_username",
        "registry_password",
        "s3_endpoint",
    }
