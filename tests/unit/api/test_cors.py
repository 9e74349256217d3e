"""Which pages may read answers. Spec section 6."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.doors import House

PAGE = "https://console.example.org"
OTHER = "https://evil.example"


@pytest.fixture
def open_house(tmp_path: Path) -> House:
    return House(tmp_path, {"CODEB_CORS_ORIGINS": f"{PAGE}, https://second.example.org:8443"})


def told(headers: Mapping[str, str]) -> list[str]:
    return [name for name in headers if name.lower().startswith("access-control-")]


def preflight(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key,content-type",
    }


def test_a_page_on_the_list_may_ask_beforehand_without_a_key(open_house: House) -> None:
    with open_house.client() as client:
        answer = client.options("/api/tool", headers=preflight(PAGE))
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert "Origin" in answer.headers["Vary"]
    assert len(answer.headers["X-Correlation-ID"]) == 16
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    allowed = {each.strip() for each in answer.headers["Access-Control-Allow-Headers"].split(",")}
    wanted = {"X-API-Key", "Content-Type", "X-Correlation-ID", "X-Client-Version", "X-Client", "Last-Event-ID"}
    assert allowed == wanted
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/health", 200), ("GET", "/api", 401), ("GET", "/nowhere", 404), ("GET", "/api/tool", 405)],
)
def test_every_answer_may_be_read_by_a_page_on_the_list(open_house: House, method: str, path: str, status: int) -> None:
    with open_house.client() as client:
        answer = client.request(method, path, headers={"Origin": PAGE})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, PAGE)
    exposed = answer.headers["Access-Control-Expose-Headers"]
    for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "X-Correlation-ID"):
        assert name in exposed


def test_a_413_and_a_500_may_be_read_too(open_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_house.world.slots, "all", lambda: 1 / 0)
    headers = {"Origin": PAGE, "X-API-Key": open_house.key()}
    with open_house.client() as client:
        burst = client.post("/api/tool", json={"tool": "slot_list"}, headers=headers)
        large = client.post("/api/tool", content=b"x" * (10 * 1024**2 + 1), headers=headers)
    assert (burst.status_code, large.status_code) == (500, 413)
    for answer in (burst, large):
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize("origin", [OTHER, "null", PAGE.replace("https", "http"), f"{PAGE}.evil.example", PAGE.upper()])
def test_a_page_that_is_not_on_the_list_is_told_nothing(open_house: House, origin: str) -> None:
    with open_house.client() as client:
        for answer in (
            client.get("/health", headers={"Origin": origin}),
            client.options("/api/tool", headers=preflight(origin)),
        ):
            assert told(answer.headers) == []
            assert "Origin" in answer.headers["Vary"]


def test_a_program_sees_nothing_of_it_but_caches_are_warned(open_house: House) -> None:
    with open_house.client() as client:
        answer = client.get("/health")
    assert (told(answer.headers), answer.headers["Vary"]) == ([], "Origin")


def test_without_a_list_no_page_may_read_anything(tmp_path: Path) -> None:
    with House(tmp_path).client() as client:
        assert told(client.get("/health", headers={"Origin": PAGE}).headers) == []
        assert client.options("/api/tool", headers=preflight(PAGE)).status_code == 405


def test_in_development_every_page_may(tmp_path: Path) -> None:
    with House(tmp_path, {"CODEB_ENV": "development"}).client() as client:
        assert client.get("/health", headers={"Origin": "http://localhost:3000"}).headers[
            "Access-Control-Allow-Origin"
        ] == ("http://localhost:3000")
