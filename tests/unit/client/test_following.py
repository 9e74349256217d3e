"""The stream as a client reads it: its lines, and its return after a break. Spec section 6, "SSE"."""

import threading
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeb.client import CallFailed, Client, Event, Unreachable
from codeb.client.events import events
from codeb.client.following import PATIENCE, Following
from tests.doors import House
from tests.served import served
from tests.unit.client.scripted import CUT, Said, Scripted, scripted

KEY = "codeb_team-a_member_secret"


def frame(number: int, message: str = "hi") -> bytes:
    return f'id: e-{number}\nevent: log\ndata: {{"message": "{message}"}}\n\n'.encode()


def following(plot: Scripted, slept: list[float] | None = None, **options: Any) -> Following:
    made = Client(plot.url, KEY)
    return Following(made.http, {"project": "blog"}, sleep=(slept if slept is not None else []).append, **options)


def test_an_event_is_its_id_its_kind_and_its_data() -> None:
    lines = [
        "retry: 3000",
        "",
        ": ping",
        "",
        "id: e-1",
        "event: log",
        'data: {"a":',
        "data: 1}",
        "",
        "data: not json",
        "",
    ]
    assert list(events(lines)) == [Event("e-1", "log", {"a": 1}), Event("e-1", "message", "not json")]


def test_an_event_that_was_cut_off_is_none() -> None:
    assert list(events(["event: log", 'data: {"a": 1}'])) == []


@given(st.lists(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))))
def test_no_line_is_too_odd_to_be_read(lines: list[str]) -> None:
    for event in events([*lines, ""]):
        assert isinstance(event, Event)


def test_a_broken_stream_is_taken_up_where_it_was() -> None:
    with scripted(Said()) as plot:
        plot.streams += [frame(1) + frame(2), frame(3)]
        found = list(islice(iter(following(plot)), 3))
        asked = [each for each in plot.heard if "/stream" in each.path]
    assert [each.id for each in found] == ["e-1", "e-2", "e-3"]
    assert [each.headers.get("Last-Event-ID") for each in asked] == [None, "e-2"]
    assert all(each.headers["Accept"] == "text/event-stream" for each in asked)


def test_it_can_begin_where_another_reader_was() -> None:
    with scripted(Said()) as plot:
        plot.streams += [frame(8)]
        next(iter(following(plot, last="e-7")))
        assert plot.heard[0].headers["Last-Event-ID"] == "e-7"


def test_a_reader_who_never_got_through_is_told_at_once() -> None:
    with scripted(Said()) as plot, pytest.raises(Unreachable):
        next(iter(following(plot)))


def test_it_waits_longer_each_time_and_gives_up_after_a_minute() -> None:
    slept: list[float] = []
    now = [0.0]

    def clock() -> float:
        return now[0] + sum(slept)

    with scripted(Said()) as plot:
        plot.streams += [frame(1)]
        with pytest.raises(Unreachable):
            list(following(plot, slept, clock=clock))
    assert slept[:5] == [1, 2, 4, 8, 10]
    assert PATIENCE < sum(slept) < PATIENCE + 20


def test_a_page_that_is_no_stream_is_none() -> None:
    with scripted(Said()) as plot:
        plot.answer = lambda heard: Said({"success": True})  # type: ignore[method-assign]
        with pytest.raises(Unreachable, match="no stream"):
            next(iter(following(plot)))


def test_it_ends_when_it_is_told_to() -> None:
    stopped = threading.Event()
    with scripted(Said()) as plot:
        plot.streams += [frame(1) + frame(2)]
        found = []
        for event in following(plot, stopped=stopped.is_set):
            found.append(event.id)
            stopped.set()
    assert found == ["e-1"]


def test_the_apis_own_stream_begins_with_connected(tmp_path: Path) -> None:
    house = House(tmp_path)
    with served(house) as url:
        stream = Client(url, house.key()).stream()
        assert next(stream).event == "connected"


def test_the_apis_refusal_is_told(tmp_path: Path) -> None:
    house = House(tmp_path)
    with served(house) as url, pytest.raises(CallFailed, match="nope") as caught:
        next(Client(url, house.key()).stream(project="nope"))
    assert caught.value.code == "unknown_project"


def test_the_last_lines_end_when_it_is_quiet() -> None:
    with scripted(Said()) as plot:
        plot.streams += [frame(1) + frame(2)]
        plot.script = [CUT]
        found = list(Client(plot.url, KEY).last_events(project="blog", tail=5, quiet=0.1))
        assert [each.id for each in found] == ["e-1", "e-2"]
        assert plot.heard[0].path == "/api/logs/stream?project=blog&tail=5"
