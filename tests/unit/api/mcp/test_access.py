"""Who gets to ``/mcp`` at all: keys, pages, names, sizes, rates, sessions. Spec section 6; security 4, 10."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from codeb.api.mcp import library
from codeb.api.mcp.sessions import Sessions
from codeb.api.middleware import BODY_LIMIT
from tests.doors import House
from tests.unit.api.mcp.speaking import ACCEPT, Speaker, begin, within

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def test_a_key_comes_as_everywhere_or_as_a_bearer_token(client: TestClient, house: House) -> None:
    key = house.key()
    speaker = Speaker(client, key)
    headers = {name: value for name, value in speaker.headers("tools/list").items() if name != "X-API-Key"}
    for said in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}, {"Authorization": f"bearer {key}"}):
        answer = client.post("/mcp", json=speaker.message("tools/list", {}), headers={**headers, **said})
        assert answer.status_code == 200, said
        assert "x-ratelimit-remaining" in answer.headers


@pytest.mark.parametrize("said", [{}, {"Authorization": "Bearer codeb_team-a_owner_madeup"}, {"X-API-Key": "nonsense"}])
def test_without_a_key_of_ours_nothing_is_answered(client: TestClient, said: dict[str, str]) -> None:
    answer = client.post("/mcp", json=PING, headers={**ACCEPT, **said})
    assert (answer.status_code, answer.json()["error"]["data"]["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_bearer_token_is_for_this_route_only(client: TestClient, house: House) -> None:
    call = {"tool": "slot_list", "params": {}}
    answer = client.post("/api/tool", json=call, headers={"Authorization": f"Bearer {house.key()}"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://api.codeb.test"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:9101"}, 403),
        ({"Host": "api.codeb.test@evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "https://api.codeb.test"}, 200),
        ({"Host": "api.codeb.test"}, 200),
        ({"Host": "127.0.0.1:9101"}, 200),
        ({"Host": "[::1]:9101"}, 200),
        ({"Host": "localhost"}, 200),
    ],
)
def test_foreign_pages_and_names_are_refused(
    client: TestClient, house: House, headers: dict[str, str], status: int
) -> None:
    speaker = Speaker(client, house.key())
    answer = client.post(
        "/mcp", json=speaker.message("tools/list", {}), headers={**speaker.headers("tools/list"), **headers}
    )
    assert answer.status_code == status, answer.text


def test_a_key_that_has_used_up_its_requests_waits(client: TestClient, house: House) -> None:
    speaker = Speaker(client, house.key(rateLimit={"requests": 2, "window": 60}))
    answers = [speaker.send("tools/list", None, {}) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[-1].headers["Retry-After"] == str(answers[-1].json()["error"]["data"]["retryAfter"])


def test_a_key_that_is_revoked_has_no_session_any_more(client: TestClient, house: House) -> None:
    key = house.key()
    session = begin(client, key).headers["Mcp-Session-Id"]
    assert within(client, key, session).status_code == 200
    (house.registry / "api-keys.json").write_text('{"keys": {}}')
    house.keys.refresh()
    assert within(client, key, session).status_code == 401


def test_a_body_beyond_the_limit_is_refused(client: TestClient, house: House) -> None:
    headers = {**ACCEPT, "X-API-Key": house.key()}
    answer = client.post("/mcp", content=b" " * (BODY_LIMIT + 1), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def chunks() -> Iterator[bytes]:
        yield from (b" " * 1024**2 for _ in range(11))

    answer = client.post("/mcp", content=chunks(), headers=headers)
    assert (answer.status_code, answer.json()["error"]["data"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b'{"jsonrpc": "2.0"}', b'"\\ud800"', b"\xff"])
def test_what_is_no_message_is_a_bad_request(client: TestClient, house: House, body: bytes) -> None:
    for more in ({}, {"MCP-Protocol-Version": "2026-07-28"}, {"MCP-Protocol-Version": "1999-01-01"}):
        answer = client.post("/mcp", content=body, headers={**ACCEPT, "X-API-Key": house.key(), **more})
        assert answer.status_code == 400, answer.text


def test_there_is_no_stream_beside_the_answers(client: TestClient, house: House) -> None:
    answer = client.get("/mcp", headers={**ACCEPT, "X-API-Key": house.key()})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_a_session_is_for_the_key_that_began_it(client: TestClient, house: House) -> None:
    key, other = house.key(), house.key()
    session = begin(client, key).headers["Mcp-Session-Id"]
    assert within(client, key, session).status_code == 200
    assert (within(client, other, session).status_code, within(client, other, "f" * 32).status_code) == (404, 404)
    headers = {**ACCEPT, "X-API-Key": other, "Mcp-Session-Id": session}
    assert client.delete("/mcp", headers=headers).status_code == 404
    assert within(client, key, session).status_code == 200


def test_a_session_ends_when_its_client_says_so(client: TestClient, house: House) -> None:
    key = house.key()
    session = begin(client, key).headers["Mcp-Session-Id"]
    assert client.delete("/mcp", headers={**ACCEPT, "X-API-Key": key, "Mcp-Session-Id": session}).status_code == 200
    assert within(client, key, session).status_code == 404


def test_one_key_holds_so_many_sessions_and_leaves_the_others_theirs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "Sessions", lambda: Sessions(per_key=2))
    key, other = house.key(), house.key()
    with house.client() as client:
        sessions = [begin(client, key) for _ in range(3)]
        assert [each.status_code for each in sessions] == [200, 200, 429]
        assert sessions[-1].json()["error"]["data"]["code"] == "too_many_sessions"
        assert begin(client, other).status_code == 200
        first = sessions[0].headers["Mcp-Session-Id"]
        client.delete("/mcp", headers={**ACCEPT, "X-API-Key": key, "Mcp-Session-Id": first})
        assert begin(client, key).status_code == 200


def test_what_does_not_begin_a_session_takes_no_place(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "Sessions", lambda: Sessions(per_key=1))
    headers = {**ACCEPT, "X-API-Key": house.key()}
    with house.client() as client:
        for _ in range(3):
            assert client.post("/mcp", json=PING, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "params",
    [
        {"name": ["hunter2"], "arguments": {"projectName": "blog"}},
        {"name": "deploy", "arguments": "hunter2"},
        {"name": "deploy", "arguments": {"projectName": {"hunter2": 1}}},
        {"name": "hunter2-hunter2", "arguments": {"content": "hunter2"}},
    ],
)
def test_what_is_wrong_in_a_call_is_not_logged(
    client: TestClient, house: House, caplog: pytest.LogCaptureFixture, logged: list[object], params: dict[str, object]
) -> None:
    speaker = Speaker(client, house.key())
    answer = speaker.send("tools/call", "deploy" if params["name"] == "deploy" else None, params)
    assert answer.status_code < 500
    session = begin(client, speaker.key).headers["Mcp-Session-Id"]
    assert within(client, speaker.key, session, "tools/call", params).status_code < 500
    assert "hunter2" not in "".join(
        each.getMessage() + str(each.exc_text) for each in caplog.records if each.levelno >= 30
    )
    assert "hunter2" not in str(logged)
