"""Rate limits by key, and the lock-out of sources that guess. Spec section 6, "Auth"."""

import threading
import time

import pytest
from starlette.testclient import TestClient

from codeb.adapters.keys import RateLimit
from codeb.api.app import create_app
from codeb.api.errors import RateLimited
from codeb.api.limits import Guesses, RateLimits
from tests.doors import House
from tests.unit.api.conftest import Tool
from tests.unit.api.scrape import INTERNAL, sample

FEW = {"requests": 3, "window": 60}
WRONG = "codeb_team-a_owner_wrong"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def behind_caddy(house: House, server: str = "http://127.0.0.1:9101") -> TestClient:
    app = create_app(house.services, house.keys, house.settings, house.watch)
    return TestClient(app, base_url=server, client=("127.0.0.1", 5), raise_server_exceptions=False)


def guess(client: TestClient, address: str, key: str = WRONG) -> int:
    return client.get("/api", headers={"X-API-Key": key, "X-Forwarded-For": address}).status_code


def test_a_key_has_a_hundred_requests_a_minute_unless_its_record_says_otherwise() -> None:
    limits = RateLimits(Clock())
    assert [limits.spend("a").allowed for _ in range(101)] == [True] * 100 + [False]
    assert limits.spend("b").remaining == 99
    assert [limits.spend("c", RateLimit(requests=2, window=5)).allowed for _ in range(3)] == [True, True, False]


def test_a_window_ends_when_it_said_it_would() -> None:
    clock = Clock()
    limits, limit = RateLimits(clock), RateLimit(requests=1, window=10)
    clock.now += 0.25
    assert limits.spend("a", limit).reset == clock.now + 10
    clock.now += 9.5
    refused = limits.spend("a", limit)
    assert (refused.allowed, limits.exceeded(refused).retry_after) == (False, 1)
    clock.now += 0.5
    assert limits.spend("a", limit).allowed


def test_counters_of_many_keys_take_bounded_room_and_no_thread() -> None:
    limits = RateLimits(Clock())
    before = set(threading.enumerate())
    for number in range(2000):
        limits.spend(f"key_{number}")
    assert len(limits.windows) == 2000
    assert set(threading.enumerate()) <= before
    limits.windows.most = 2000
    for number in range(5000):
        limits.spend(f"other_{number}")
    assert len(limits.windows) == 2000


def test_an_answer_says_what_the_key_has_left(client: TestClient, house: House) -> None:
    headers = {"X-API-Key": house.key(rateLimit=FEW)}
    before = time.time() * 1000
    first = client.get("/api", headers=headers)
    second = client.post("/api/tool", json={"tool": "no-such-tool"}, headers=headers)
    assert (first.status_code, second.status_code) == (200, 404)
    for answer, left in ((first, "2"), (second, "1")):
        assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("3", left)
        assert before + 60_000 <= float(answer.headers["X-RateLimit-Reset"]) <= time.time() * 1000 + 60_001
    assert "X-RateLimit-Limit" not in client.get("/health").headers
    assert "X-RateLimit-Limit" not in client.get("/api").headers


def test_a_500_says_it_too(client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.world.slots, "all", lambda: 1 / 0)
    answer = client.post("/api/tool", json={"tool": "slot_list"}, headers={"X-API-Key": house.key(rateLimit=FEW)})
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (500, "2")


def test_one_request_too_many_is_429_and_says_when_to_come_back(house: House) -> None:
    key, other = house.key(rateLimit=FEW), house.key()
    with house.client(server=INTERNAL) as client:
        statuses = [client.get("/api", headers={"X-API-Key": key}).status_code for _ in range(3)]
        refused = client.post("/api/tool", json={"tool": "slot_list"}, headers={"X-API-Key": key})
        assert (statuses, refused.status_code) == ([200, 200, 200], 429)
        record = refused.json()
        assert (record["success"], record["error"], record["code"]) == (False, "Rate limit exceeded", "rate_limited")
        assert str(record["retryAfter"]) == refused.headers["Retry-After"]
        assert 1 <= record["retryAfter"] <= 60
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        assert client.get("/api", headers={"X-API-Key": other}).status_code == 200
        key_id = next(record.id for record in [house.keys.find(key)] if record)
        assert sample(client, f'codeb_rate_limit_exceeded_total{{key_id="{key_id}"}}') == 1


def test_a_source_that_guesses_is_locked_out_and_registered_keys_there_are_not(house: House) -> None:
    key = house.key(rateLimit={"requests": 1000, "window": 60})
    with behind_caddy(house) as client:
        guesses = [guess(client, "198.51.100.7", key) for key in (WRONG, "nonsense") * 50]
        assert set(guesses) == {401}
        answer = client.get("/api", headers={"X-API-Key": WRONG, "X-Forwarded-For": "198.51.100.7"})
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert str(answer.json()["retryAfter"]) == answer.headers["Retry-After"]
        assert "X-RateLimit-Limit" not in answer.headers
        assert guess(client, "198.51.100.7", "nonsense") == 429
        assert guess(client, "198.51.100.7", key) == 200
        assert guess(client, "198.51.100.8") == 401


def test_what_a_client_writes_into_the_forwarding_header_moves_no_guess_to_another_source(house: House) -> None:
    with behind_caddy(house) as client:
        statuses = [guess(client, f"192.0.2.{number}, 198.51.100.7") for number in range(101)]
        assert statuses[-1] == 429


def test_only_our_own_caddy_is_believed_about_where_a_request_came_from(house: House) -> None:
    app = create_app(house.services, house.keys, house.settings, house.watch)
    with TestClient(app, client=("10.0.0.9", 5)) as client:
        assert {guess(client, f"192.0.2.{number}") for number in range(100)} == {401}
        assert guess(client, "192.0.2.200") == 429


def test_the_lock_out_is_counted_in_one_series(house: House) -> None:
    with house.client(server=INTERNAL) as client:
        for number in range(103):
            client.get("/api", headers={"X-API-Key": f"{WRONG}-{number}"})
        assert sample(client, 'codeb_auth_failures_total{reason="invalid_key"}') == 100
        assert sample(client, 'codeb_auth_failures_total{reason="locked_out"}') == 3
        assert sample(client, 'codeb_rate_limit_exceeded_total{key_id="unregistered"}') == 3


def test_neither_an_expired_key_nor_none_is_a_guess(client: TestClient, house: House) -> None:
    expired = house.key(expiresAt="2020-01-01T00:00:00.000Z")
    for _ in range(101):
        assert client.get("/api", headers={"X-API-Key": expired}).status_code == 401
        assert client.get("/api").status_code == 401
    assert client.get("/api", headers={"X-API-Key": WRONG}).status_code == 401


@pytest.mark.parametrize(
    ("address", "neighbour", "shared"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("198.51.100.7", "198.51.100.8", False),
        ("198.51.100.7", "::ffff:198.51.100.7", True),
        ("no address", "no address", True),
    ],
)
def test_an_ipv6_network_is_one_source(address: str, neighbour: str, shared: bool) -> None:
    guesses = Guesses(Clock())
    for _ in range(100):
        guesses.count(address)
    if shared:
        with pytest.raises(RateLimited):
            guesses.count(neighbour)
    else:
        guesses.count(neighbour)


def test_a_lock_out_ends_after_a_minute() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for _ in range(100):
        guesses.count("198.51.100.7")
    clock.now += 59.5
    with pytest.raises(RateLimited) as refused:
        guesses.count("198.51.100.7")
    assert refused.value.retry_after == 1
    clock.now += 0.5
    guesses.count("198.51.100.7")


def test_ever_new_addresses_take_bounded_room() -> None:
    guesses = Guesses(Clock())
    for number in range(20_000):
        guesses.count(f"2001:db8:{number >> 8:x}:{number & 255:x}::1")
    assert len(guesses.windows) == 10_000


def test_a_limit_that_changes_counts_anew_at_once(tool: Tool, house: House) -> None:
    key = house.key(rateLimit={"requests": 1, "window": 60})
    assert tool("slot_list", key=key)["success"]
    assert tool("slot_list", key=key, status=429)["retryAfter"] <= 60
    text = house.keys.path.read_text()
    house.keys.path.write_text(text.replace('"requests": 1,', '"requests": 22,'))
    assert tool("slot_list", key=key)["success"]
