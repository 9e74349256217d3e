"""A request's way through the real server: what a client sees of limits, and a browser of the allow-list."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.keys import RateLimit
from codeb.domain.access import Role
from tests.integration.test_serve import Server

pytestmark = pytest.mark.integration

PAGE = "https://console.example.org"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, CODEB_CORS_ORIGINS=PAGE)
    try:
        server.wait_ready()
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


def test_a_key_is_told_what_it_has_left_until_it_has_nothing(server: Server, tmp_path: Path) -> None:
    maker = KeyMaker(tmp_path / "registry", SystemClock())
    limit = RateLimit(requests=2, window=600)
    made = maker.create("t", Role.VIEWER, name="test", by="me", rate_limit=limit)
    key = {"X-API-Key": made.text, "Origin": PAGE}
    answers = [requests.get(f"http://{server.public}/api/projects", headers=key, timeout=10) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert len({answer.headers["X-RateLimit-Reset"] for answer in answers}) == 1
    assert answers[2].headers["Retry-After"] == str(answers[2].json()["retryAfter"])
    assert {answer.headers["Access-Control-Allow-Origin"] for answer in answers} == {PAGE}
    metrics = requests.get(f"http://{server.internal}/metrics", timeout=10).text
    assert f'codeb_rate_limit_exceeded_total{{key_id="{made.record["id"]}"}} 1.0' in metrics


def test_a_body_without_a_length_is_stopped_while_it_is_read(server: Server, tmp_path: Path) -> None:
    key = KeyMaker(tmp_path / "registry", SystemClock()).create("t", Role.VIEWER, name="test", by="me").text
    answer = requests.post(
        f"http://{server.public}/api/tool",
        data=(b"x" * 1024**2 for _ in range(11)),
        headers={"X-API-Key": key},
        timeout=30,
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["X-RateLimit-Remaining"] == "99"


def test_the_description_is_served_by_the_server_itself(server: Server) -> None:
    found = requests.get(f"http://{server.public}/openapi.json", timeout=10)
    assert (found.status_code, found.json()["openapi"]) == (200, "3.1.0")
