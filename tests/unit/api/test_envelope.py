"""Every answer's shape and status. Spec section 6, "Envelope"."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from codeb.api.envelope import Answer
from codeb.domain.names import SlotName
from codeb.errors import CodebError, ConfigError, Unavailable
from codeb.services.errors import JournalUnwritable
from codeb.tools.results import Lines
from tests.doors import House
from tests.unit.api.conftest import Tool
from tests.unit.services.conftest import BLOG


def test_a_success_carries_duration_timestamp_and_correlation_id(tool: Tool) -> None:
    record = tool("slot_list")
    assert record["success"] is True
    assert record["duration"] >= 0
    assert record["timestamp"].endswith("Z")
    assert len(record["correlationId"]) == 16
    assert "result" not in record


def test_a_business_refusal_is_200_and_not_a_success(tool: Tool) -> None:
    record = tool("promote", projectName="blog")
    assert (record["success"], record["code"]) == (False, "nothing_to_promote")
    assert "deploy first" in record["error"]


def test_an_environment_that_somebody_holds_is_409_and_names_the_holder(tool: Tool, house: House) -> None:
    with house.world.locks.held(BLOG, "deploy", "key_2"):
        record = tool("promote", projectName="blog", status=409)
    assert record["code"] == "locked"
    assert record["holder"]["by"] == "key_2"


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '"slot_list"', '{"tool": 1}', '{"tool": ""}', "{}", '{"tool": "slot_list", "params": []}']
)
def test_a_body_that_is_no_tool_call_is_400(client: TestClient, house: House, body: str) -> None:
    answer = client.post("/api/tool", content=body, headers={"X-API-Key": house.key()})
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["correlationId"]


def test_deep_nesting_is_400_as_well(client: TestClient, house: House) -> None:
    answer = client.post("/api/tool", content="[" * 200_000, headers={"X-API-Key": house.key()})
    assert answer.status_code == 400


def test_an_unknown_tool_is_404_with_the_names_there_are(tool: Tool) -> None:
    record = tool("frobnicate", status=404)
    assert record["error"] == "Unknown tool: frobnicate"
    assert "deploy" in record["availableTools"]


def test_a_body_beyond_the_limit_is_413_whether_or_not_it_says_so(client: TestClient, house: House) -> None:
    headers = {"X-API-Key": house.key()}
    declared = client.post("/api/tool", content=b"x" * (10 * 1024**2 + 1), headers=headers)

    def chunks() -> Iterator[bytes]:
        for _ in range(11):
            yield b"x" * 1024**2

    streamed = client.post("/api/tool", content=chunks(), headers=headers)
    assert (declared.status_code, streamed.status_code) == (413, 413)
    assert streamed.json()["code"] == "too_large"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unavailable("the database", "connection refused"), 503),
        (JournalUnwritable("the journal cannot be written: No space left on device"), 503),
        (ConfigError("CODEB_ENV_KEY is another key"), 500),
    ],
)
def test_a_part_that_is_away_says_so(tool: Tool, house: House, error: CodebError, status: int) -> None:
    house.world.journal.fails = error
    record = tool("deploy", projectName="blog", status=status)
    assert record["error"] == str(error)


def test_an_unforeseen_error_is_500_with_an_id_and_nothing_of_its_cause(
    tool: Tool, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst() -> None:
        raise KeyError("DATABASE_PASSWORD=hunter2")

    monkeypatch.setattr(house.world.slots, "all", burst)
    record = tool("slot_list", status=500)
    assert record["code"] == "internal_error"
    assert record["correlationId"]
    assert "hunter2" not in json.dumps(record)
    assert "Traceback" not in json.dumps(record)


@pytest.mark.parametrize(("path", "method", "status"), [("/nowhere", "GET", 404), ("/api/tool", "GET", 405)])
def test_a_path_or_method_that_is_not_there_answers_in_the_envelope(
    client: TestClient, path: str, method: str, status: int
) -> None:
    answer = client.request(method, path)
    record: dict[str, Any] = answer.json()
    assert (answer.status_code, record["success"]) == (status, False)
    assert record["correlationId"]


@pytest.mark.parametrize(
    "body",
    [
        r'{"tool": "\ud800"}',
        r'{"tool": "rollback", "params": {"projectName": "blog", "reason": "a\u0000b"}}',
        r'{"tool": "rollback", "params": {"projectName": "blog", "reason": "\udc00"}}',
        r'{"tool": "slot_list", "params": {"\ud800": 1}}',
        r'{"tool": "workflow_init", "params": {"projectName": "x", "settings": {"command": ["\u0000"]}}}',
        b'{"tool": "\xff"}',
        '{"tool": "slot_list", "params": {"a": ' + "[" * 900 + "]" * 900 + "}}",
    ],
)
def test_what_no_database_can_keep_is_400(client: TestClient, house: House, body: str | bytes) -> None:
    answer = client.post("/api/tool", content=body, headers={"X-API-Key": house.key()})
    assert answer.status_code == 400, answer.text


def test_what_was_ignored_is_listed(tool: Tool) -> None:
    record = tool("slot_status", projectName="blog", environment=None, useGhcr=True)
    assert record["ignored"] == ["environment", "useGhcr"]
    assert record["data"]["environment"] == "production"


@pytest.mark.parametrize(
    ("name", "params", "field"),
    [
        ("slot_status", {"projectName": "blog", "environment": "banana"}, "environment"),
        ("slot_status", {}, "projectName"),
        ("slot_status", {"projectName": "../etc"}, "projectName"),
        ("deploy", {"projectName": "blog", "healthcheckTimeout": 4}, "healthcheckTimeout"),
        ("deploy", {"projectName": "blog", "version": "a b"}, "version"),
        ("promote", {"projectName": "blog", "dryRun": "perhaps"}, "dryRun"),
        ("workflow_init", {"projectName": "shop", "settings": {"healthPath": "@evil/"}}, "settings.healthPath"),
        ("workflow_init", {"projectName": "shop", "settings": {"privileged": True}}, "settings.privileged"),
    ],
)
def test_wrong_input_is_400_with_the_field_and_the_reason(
    tool: Tool, name: str, params: dict[str, Any], field: str
) -> None:
    record = tool(name, status=400, **params)
    assert (record["code"], record["field"]) == ("invalid_input", field)
    assert record["error"].startswith(f"{field}: ")


def test_an_older_client_is_told_that_it_is_old(client: TestClient, house: House) -> None:
    body = {"tool": "slot_list"}
    old = client.post("/api/tool", json=body, headers={"X-API-Key": house.key(), "X-Client-Version": "0.0.9"})
    assert old.json()["latestVersion"]
    new = client.post("/api/tool", json=body, headers={"X-API-Key": house.key(), "X-Client-Version": "99.0"})
    assert "versionWarning" not in new.json()


def test_a_body_may_begin_with_the_mark_that_some_editors_write(client: TestClient, house: House) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"tool": "slot_list"}).encode()
    assert client.post("/api/tool", content=body, headers={"X-API-Key": house.key()}).json()["success"]


def test_of_a_key_that_is_there_twice_the_last_value_counts(client: TestClient, house: House) -> None:
    body = '{"tool": "frobnicate", "tool": "slot_status", "params": {"projectName": "shop", "projectName": "blog"}}'
    answer = client.post("/api/tool", content=body, headers={"X-API-Key": house.key()})
    assert answer.json()["projectName"] == "blog"


@pytest.mark.parametrize(
    "body", ['{"tool": "slot_list", "params": {"a": NaN}}', "{'tool': 'slot_list'}", b"\xfe\xff\x00{"]
)
def test_what_only_looks_like_json_is_400(client: TestClient, house: House, body: str | bytes) -> None:
    assert client.post("/api/tool", content=body, headers={"X-API-Key": house.key()}).status_code == 400


def test_an_answer_is_written_as_ever_also_where_orjson_has_no_word_for_it() -> None:
    assert Answer({"n": 2**70, "word": "été"}).body == '{"n":1180591620717411303424,"word":"été"}'.encode()
    assert Answer({SlotName.BLUE: SlotName.GREEN, "pair": (1, None)}).body == b'{"blue":"green","pair":[1,null]}'
    with pytest.raises(TypeError):
        Answer({"at": datetime.now(UTC)})


def test_lines_that_are_sent_again_are_what_they_were() -> None:
    lines = Lines([{"projectName": "blog", "moment": None}])
    first, again = Answer({"success": True, "data": lines, "total": 1}), Answer({"data": lines})
    assert json.loads(bytes(first.body)) == {"success": True, "data": [*lines], "total": 1}
    assert json.loads(bytes(again.body)) == {"data": [*lines]}
