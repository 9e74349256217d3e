"""The door of ``codeb-mcp``: answers and refusals of the API, as the protocol's server wants them."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import pytest

from codeb.client import CallFailed, Client, Event, Unreachable
from codeb.errors import CodebError
from codeb.mcp.client_door import ClientDoor

BLOG = {"projectName": "blog"}


class FakeClient:
    """An API that answers what a test says; ``asked`` is what it was asked."""

    def __init__(self, error: CodebError | None = None, lines: tuple[str, ...] = ()) -> None:
        self.error, self.lines = error, lines
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.ended = threading.Event()

    def call(self, tool: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append((tool, params))
        if self.error:
            raise self.error
        return {"tool": tool}

    def deploy(self, params: Mapping[str, Any], *, on_event: Callable[[Event], None]) -> dict[str, Any]:
        on_event(Event("1", "deployment", {"step": {"name": "pull_image", "status": "success"}}))
        on_event(Event("2", "deployment", "cut off"))
        return self.call("deploy", params)

    def get(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append((path, params))
        return {"tools": [{"name": "slot_list"}]}

    def stream(self, **wanted: Any) -> Iterator[Event]:
        self.asked.append(("stream", wanted))
        if self.error:
            raise self.error
        yield Event("", "connected", {})
        for line in self.lines:
            yield Event("", "log", {"timestamp": "t", "source": "blue", "message": line})
        yield Event("", "log", {"timestamp": "t", "source": "api", "message": "Tool slot_list succeeded"})
        self.ended.wait(10)


def door(client: FakeClient) -> ClientDoor:
    return ClientDoor(cast(Client, client))


def test_it_asks_for_the_tools_of_its_own_key() -> None:
    client = FakeClient()
    assert asyncio.run(door(client).tools()) == [{"name": "slot_list"}]
    assert client.asked == [("/api/tools", {"mine": "true"})]


def test_an_answer_says_that_it_is_one() -> None:
    assert asyncio.run(door(FakeClient()).call("slot_list", {})) == {"success": True, "tool": "slot_list"}


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (
            CallFailed({"success": False, "error": "no", "code": "refused", "requestId": "cfm_1"}, 200),
            {"success": False, "error": "no", "code": "refused", "requestId": "cfm_1"},
        ),
        (
            Unreachable("https://api.test", "connection refused"),
            {
                "success": False,
                "error": "the API at https://api.test is not available: connection refused",
                "code": "unreachable",
                "url": "https://api.test",
            },
        ),
    ],
)
def test_a_refusal_keeps_its_sentence_its_code_and_its_facts(error: CodebError, wanted: dict[str, Any]) -> None:
    assert asyncio.run(door(FakeClient(error)).call("promote", BLOG)) == wanted


def test_nobody_confirms_through_it() -> None:
    client = FakeClient()
    assert asyncio.run(door(client).call("confirm", {"requestId": "cfm_0123456789ab"}))["code"] == "forbidden"
    assert client.asked == []


@pytest.mark.parametrize("name", ["deploy", "deploy_project"])
def test_steps_of_a_deploy_are_heard_on_the_loop(name: str) -> None:
    heard: list[Mapping[str, Any]] = []
    answer = asyncio.run(door(FakeClient()).call(name, BLOG, heard.append))
    assert answer == {"success": True, "tool": "deploy"}
    assert heard == [{"name": "pull_image", "status": "success"}]


def test_a_deploy_without_a_project_is_refused_by_the_api_and_not_here() -> None:
    client = FakeClient()
    asyncio.run(door(client).call("deploy", {}, lambda _: None))
    assert client.asked == [("deploy", {})]


def test_lines_are_those_of_containers_and_reading_ends_once_they_have_come() -> None:
    client = FakeClient(lines=("one", "two"))
    try:
        assert asyncio.run(door(client).log_lines("blog", "production")) == ["t blue one", "t blue two"]
    finally:
        client.ended.set()


def test_logs_that_may_not_be_read_are_a_refusal() -> None:
    client = FakeClient(CallFailed({"error": "Permission denied", "code": "forbidden"}, 403))
    with pytest.raises(CallFailed, match="Permission denied"):
        asyncio.run(door(client).log_lines("blog", "production"))
