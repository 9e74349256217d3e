"""A secret that is planted in a project's variables, and looked for wherever something is told. Lesson 4."""

import json
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from codeb.services.protocols.trail import StreamEvent
from codeb.tools import registry
from tests.doors import House
from tests.exchanges.replay import play

SECRETS = ("s3cret", "hello # not a comment")


def test_it_is_in_no_answer_log_audit_row_or_event(
    house: House, client: TestClient, logged: list[MutableMapping[str, Any]]
) -> None:
    events: list[StreamEvent] = []
    house.hub.on_event(events.append)
    answers = [json.dumps(said["answer"]) for _, said in play(house, client)]
    rows = [repr(entry) for entry in house.trail.entries]
    told = [repr(event) for event in events]
    assert min(len(answers), len(rows), len(told), len(logged)) > 50, "everything was told of"
    for secret in SECRETS:
        assert not [text for text in (*answers, *rows, *told, *map(repr, logged)) if secret in text]


def test_it_is_in_no_error_and_no_row_of_one(house: House, client: TestClient) -> None:
    """Given where it does not belong: as a name, a tag, a reason, a header. The store of variables has met it."""
    house.services.known.add("hunter2hunter2")
    key = house.key()
    client.post("/api/tool", json=call("env_sync", content="PASSWORD=hunter2hunter2"), headers={"X-API-Key": key})
    for tool, field in [
        ("deploy", "version"),
        ("rollback", "reason"),
        ("slot_status", "projectName"),
        ("hunter2hunter2", "x"),
    ]:
        headers = {"X-API-Key": key, "User-Agent": "hunter2hunter2", "X-Client": "hunter2hunter2"}
        client.post("/api/tool", json=call(tool, **{field: "hunter2hunter2"}), headers=headers)
    rows = [repr(entry) for entry in house.trail.entries]
    assert len(rows) == 5
    assert not [row for row in rows if "hunter2" in row]


@pytest.mark.parametrize("field", ["projectName", "environment"])
@pytest.mark.parametrize("tool", ["deploy", "slot_status", "env_get"])
def test_it_is_in_no_event_of_a_call_that_has_it_where_a_name_belongs(
    house: House, client: TestClient, tool: str, field: str
) -> None:
    """Whoever follows the stream did not send it. A name of the right form may be a password as well."""
    told: list[StreamEvent] = []
    house.hub.on_event(told.append)
    for secret in ("hunter2hunter2", "Hunter2/Hunter2"):
        client.post("/api/tool", json=call(tool, **{field: secret}), headers={"X-API-Key": house.key()})
        client.post("/api/tool", json=call(secret), headers={"X-API-Key": house.key()})
    assert len(told) == 4
    assert "hunter2" not in repr(told).lower()


def test_a_project_is_told_by_the_name_it_is_followed_by(house: House, client: TestClient) -> None:
    told: list[StreamEvent] = []
    house.hub.on_event(told.append)
    client.post("/api/tool", json=call("slot_status", projectName=" BLOG"), headers={"X-API-Key": house.key()})
    assert [(event.project, event.data["projectName"]) for event in told] == [("blog", "blog")]


def call(tool: str, **params: str) -> dict[str, Any]:
    return {"tool": tool, "params": {"projectName": "blog", **params}}


def test_every_call_leaves_one_row(house: House, client: TestClient) -> None:
    """Also a refused one, an unknown tool, one whose body is no call, and one that crashes."""
    headers = {"X-API-Key": house.key("viewer")}
    calls: list[dict[str, Any]] = [
        call("slot_status"),
        call("promote"),
        call("frobnicate"),
        call("slot_status", environment="moon"),
        {"params": {}},
    ]
    for each in calls:
        client.post("/api/tool", json=each, headers=headers)
    rows = [(entry.tool, entry.success, entry.code) for entry in house.trail.entries]
    assert rows == [
        ("slot_status", True, None),
        ("promote", False, "forbidden"),
        ("frobnicate", False, "unknown_tool"),
        ("slot_status", False, "invalid_input"),
        ("", False, "bad_request"),
    ]
    assert {registry.find("slot_status").name} <= {row[0] for row in rows}


def test_local_variables_and_whole_keys_are_in_no_row(house: House, client: TestClient) -> None:
    """Values that no store has met: what is compared with it, and a key that was pasted where its id belongs."""
    key = house.key()
    headers = {"X-API-Key": key}
    client.post("/api/tool", json=call("env_scan", localEnvContent="API_SECRET=abc123xyz"), headers=headers)
    client.post("/api/tool", json=call("token_revoke", tokenId=key), headers=headers)
    rows = [repr(entry) for entry in house.trail.entries]
    assert len(rows) == 2
    assert not [row for row in rows if "abc123xyz" in row or key[-24:] in row]


def test_a_thousand_wrong_items_are_told_in_a_few_words(house: House, client: TestClient) -> None:
    wrong = {"tool": "task_check", "params": {"files": [1] * 15_000}}
    answer = client.post("/api/tool", json=wrong, headers={"X-API-Key": house.key()})
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 20)
    wrong["params"] = {"files": [1] * 30_000}
    assert client.post("/api/tool", json=wrong, headers={"X-API-Key": house.key()}).json()["field"] == "files"
