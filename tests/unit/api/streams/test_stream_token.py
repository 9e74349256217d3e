"""``POST /api/stream/token``: only for a project that the key sees. Security 16."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from codeb.adapters.centrifugo_tokens import CentrifugoTokens
from codeb.api import envelope
from codeb.api.metrics import Metrics
from codeb.api.middleware import Passage
from codeb.api.stream_token import PATH, StreamToken, public_url
from codeb.errors import CodebError
from codeb.services.actor import Actor
from codeb.settings import Secret
from tests.unit.adapters.test_centrifugo_tokens import SECRET, opened
from tests.unit.api.streams.conftest import KEYS, Studio

URL = "wss://ws.codeb.test/connection/websocket"


def client_of(studio: Studio, tokens: CentrifugoTokens | None) -> TestClient:
    route = StreamToken(studio.project, tokens, URL, studio.world.clock)

    async def answer(request: Request) -> Response:
        return await route.answer(request, KEYS[request.headers["X-API-Key"]])

    app = Starlette(
        routes=[Route(PATH, answer, methods=["POST"])],
        middleware=[Middleware(Passage, metrics=Metrics(), routes=frozenset())],
        exception_handlers={CodebError: envelope.as_failure},
    )
    return TestClient(app, headers={"X-API-Key": "a"})


@pytest.fixture
def client(studio: Studio) -> Iterator[TestClient]:
    studio.world.init_project("blog", Actor("key_0", "api", "team-a"))
    with client_of(studio, CentrifugoTokens(Secret(SECRET))) as client:
        yield client


@pytest.mark.parametrize(
    "given", [{"project": "blog"}, {"projectName": "Blog"}, {"project": "x", "projectName": "blog"}]
)
def test_a_key_gets_what_a_browser_needs_for_its_project(client: TestClient, given: dict[str, str]) -> None:
    record: dict[str, Any] = client.post(PATH, json=given).json()
    assert record["success"]
    assert (record["channel"], record["url"], record["projectName"]) == ("deployments:blog", URL, "blog")
    assert opened(record["token"])["channel"] == "deployments:blog"
    assert opened(record["token"])["sub"] == opened(record["connectionToken"])["sub"] == "key_a"
    assert "channel" not in opened(record["connectionToken"])
    assert record["expiresAt"].endswith("Z")


@pytest.mark.parametrize(("key", "code"), [("b", "unknown_project"), ("listed", "forbidden"), ("scoped", "forbidden")])
def test_a_key_gets_none_for_what_it_may_not_see(client: TestClient, key: str, code: str) -> None:
    answer = client.post(PATH, json={"project": "blog"}, headers={"X-API-Key": key})
    assert answer.json()["code"] == code
    assert "token" not in answer.json()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"{}", b'{"project": 7}', b'{"project": "not a name"}'])
def test_what_names_no_project_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post(PATH, content=body).status_code == 400


def test_a_platform_without_a_streaming_host_says_so(studio: Studio) -> None:
    with client_of(studio, None) as client:
        answer = client.post(PATH, json={"project": "blog"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "/api/logs/stream" in answer.json()["error"]


def test_the_public_address_is_encrypted_where_the_platform_is() -> None:
    assert public_url("codeb.test", "acme") == URL
    assert public_url("codeb.test", "off") == "ws://ws.codeb.test/connection/websocket"
