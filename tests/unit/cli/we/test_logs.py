"""we logs: lines of containers, deploys, and what was missed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from codeb.client import Client, Event
from tests.unit.cli.we.conftest import Desk


def line(at: int, slot: str | None, message: str, level: str = "info") -> Event:
    data = {"timestamp": f"2026-01-01T00:00:0{at}Z", "level": level, "source": "x", "message": message, "slot": slot}
    return Event("", "log", data)


STEP = {"name": "pull_image", "status": "success"}
EVENTS = [
    Event("", "connected", {"clientId": "c"}),
    Event("", "missed", {"count": 3}),
    line(3, "green", "later"),
    line(1, "blue", "first \x1b[31mred", "error"),
    line(2, None, "Tool deploy succeeded"),
    Event("", "deployment", {"type": "deployment_step", "step": STEP, "timestamp": "2026-01-01T00:00:04Z"}),
    Event("", "closing", {"reason": "restart"}),
    Event("", "of-another-version", "text"),
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the stream was asked for; it tells ``EVENTS``, and then somebody presses Ctrl-C."""
    asked: list[dict[str, Any]] = []

    def stream(self: Client, **wanted: Any) -> Iterator[Event]:
        asked.append(wanted)
        yield from EVENTS
        raise KeyboardInterrupt

    def last_events(self: Client, **wanted: Any) -> Iterator[Event]:
        asked.append(wanted)
        yield from EVENTS

    monkeypatch.setattr(Client, "stream", stream)
    monkeypatch.setattr(Client, "last_events", last_events)
    return asked


def test_the_past_is_the_containers_lines_as_they_were_written(desk: Desk, asked: list[dict[str, Any]]) -> None:
    text = desk.told("logs", "blog", "-n", "7", "--slot", "blue", "--level", "error", "-e", "staging")
    assert [each.split(maxsplit=3)[1:] for each in text.splitlines()] == [
        ["blue", "error", "first ?[31mred"],
        ["green", "info", "later"],
    ]
    wanted = {"project": "blog", "environment": "staging", "slot": "blue", "level": "error", "tail": 7}
    assert asked == [wanted]


def test_followed_it_also_tells_what_is_done_and_what_was_missed(desk: Desk, asked: list[dict[str, Any]]) -> None:
    text = desk.told("logs", "blog", "-f", code=130)
    assert "(3 older lines are gone)" in text
    assert "codeb info  Tool deploy succeeded" in text
    assert "deploy pull image: success" in text
    assert "(the API ends this: restart" in text
    assert text.index("later") < text.index("first")


def test_a_program_gets_a_record_a_line(desk: Desk, asked: list[dict[str, Any]]) -> None:
    done = desk.we("logs", "blog", "-f", "--json")
    records = [json.loads(each) for each in done.stdout.splitlines()]
    assert [each["event"] for each in records] == ["missed", "log", "log", "log", "deployment", "closing"]
    assert records[2]["message"] == "first \x1b[31mred"
    assert "\x1b" not in done.stdout
