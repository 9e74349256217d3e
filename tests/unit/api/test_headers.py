"""What every answer carries, whatever became of the request. Spec section 6."""

from collections.abc import Mapping

import pytest
from starlette.testclient import TestClient

from codeb.api.app import create_app
from codeb.api.routes_web import POLICY
from tests.doors import House
from tests.unit.api.conftest import Tool

BROWSERS_EXPECT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


OF_THE_PAGE = {**BROWSERS_EXPECT, "Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}


def carried(headers: Mapping[str, str]) -> dict[str, str | None]:
    return {name: headers.get(name) for name in BROWSERS_EXPECT}


def test_every_route_does_with_and_without_a_key(client: TestClient, house: House) -> None:
    key = {"X-API-Key": house.key()}
    paths = {
        route.path for route in create_app(house.services, house.keys, house.settings).routes if hasattr(route, "path")
    }
    paths -= {"/api/logs/stream", "/logs/stream"}  # they answer for as long as somebody reads
    assert {"/", "/health", "/api/tool", "/api/projects", "/openapi.json"} <= paths
    for path in sorted(paths):
        for headers in ({}, key):
            for method in ("GET", "POST", "HEAD", "OPTIONS", "DELETE"):
                answer = client.request(method, path, headers=headers)
                page = path.startswith("/web/") and method in ("GET", "HEAD")
                assert carried(answer.headers) == (OF_THE_PAGE if page else BROWSERS_EXPECT), (method, path)
                assert len(answer.headers["X-Correlation-ID"]) == 16


@pytest.fixture
def unforeseen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.world.slots, "all", lambda: 1 / 0)


@pytest.mark.usefixtures("unforeseen")
@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [
        ("GET /nowhere", b"", 404),
        ("PUT /api/tool", b"", 405),
        ("POST /api/tool", b"{", 400),
        ("POST /api/tool", b"x" * (10 * 1024**2 + 1), 413),
        ("POST /api/tool", b'{"tool": "slot_list"}', 500),
    ],
    ids=["404", "405", "400", "413", "500"],
)
def test_every_failure_does(house: House, client: TestClient, request_line: str, body: bytes, status: int) -> None:
    method, path = request_line.split()
    answer = client.request(method, path, content=body, headers={"X-API-Key": house.key()})
    assert answer.status_code == status
    assert carried(answer.headers) == BROWSERS_EXPECT
    assert answer.headers["X-Correlation-ID"] == answer.json()["correlationId"]


def test_an_id_that_was_given_is_in_the_answer_and_its_header(client: TestClient, house: House, tool: Tool) -> None:
    headers = {"X-API-Key": house.key(), "X-Correlation-ID": "ci-7"}
    answer = client.post("/api/tool", json={"tool": "slot_list"}, headers=headers)
    assert (answer.headers["X-Correlation-ID"], answer.json()["correlationId"]) == ("ci-7", "ci-7")
    assert tool("slot_list")["correlationId"] != "ci-7"
