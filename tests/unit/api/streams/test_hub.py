"""The hub: nobody waits for a slow reader, nobody sees what is another's, and who comes back goes on."""

import json
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeb.api.streams.hub import Hub, Subscription
from codeb.api.streams.mark import Mark
from codeb.api.streams.queue import Batch
from codeb.api.streams.rights import may_see
from codeb.domain.access import AuthContext, Role
from codeb.services.protocols.trail import StreamEvent
from tests.fakes.streams import told

MEMBER = AuthContext("key_1", "team-a", Role.MEMBER)


def everything(event: StreamEvent) -> bool:
    return True


def quiet() -> None: ...


def messages(batch: Batch) -> list[Any]:
    return [json.loads(each.content.split(b"data: ")[1])["message"] for each in batch.items]


def all_of(subscription: Subscription) -> list[Any]:
    return messages(subscription.queue.take(10_000))


def test_an_event_reaches_every_reader_in_order() -> None:
    hub = Hub()
    first, second = (hub.subscribe(everything, quiet) for _ in range(2))
    for word in ("one", "two", "three"):
        hub.publish(told(word))
    assert all_of(first) == all_of(second) == ["one", "two", "three"]


@given(most=st.integers(1, 20), turns=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12))
def test_what_a_slow_reader_got_and_what_it_missed_is_all_there_was(most: int, turns: list[tuple[int, int]]) -> None:
    hub = Hub(most=most)
    reader = hub.subscribe(everything, quiet)
    seen, published = 0, 0
    for telling, taking in [*turns, (0, 1000)]:
        for _ in range(telling):
            hub.publish(told(str(published)))
            published += 1
        batch = reader.queue.take(taking)
        assert batch.missed is not None
        assert messages(batch) == [str(seen + batch.missed + place) for place in range(len(batch.items))]
        seen += batch.missed + len(batch.items)
    assert seen == published


def test_a_reader_who_holds_too_many_bytes_loses_the_oldest() -> None:
    hub = Hub(reader_bytes=1500)
    reader = hub.subscribe(everything, quiet)
    for number in range(10):
        hub.publish(told(f"{number}" * 300))
    batch = reader.queue.take()
    assert batch.missed == 8
    assert [each[0] for each in messages(batch)] == ["8", "9"]


projects = st.sampled_from(["blog", "shop", None])
events = st.lists(st.tuples(st.sampled_from(["team-a", "team-b", None]), projects), max_size=20)
lists_of_projects = st.none() | st.frozensets(st.sampled_from(["blog", "shop"]))


@given(events, lists_of_projects, st.integers(0, 20))
def test_no_filter_lets_through_what_the_key_may_not_see(
    happened: list[tuple[str | None, str | None]], listed: frozenset[str] | None, begun: int
) -> None:
    auth = AuthContext("key_1", "team-a", Role.OWNER, projects=listed)
    hub, mine = Hub(), []
    mark = Mark(hub.epoch, 0)
    for number, (team, project) in enumerate(happened):
        hub.publish(told(str(number), team=team, project=project))
        if team == "team-a" and (listed is None or project in listed):
            mine.append(str(number))
    back = hub.subscribe(lambda event: may_see(auth, event), quiet, mark)
    assert all_of(back) == mine


def test_a_platform_key_sees_what_has_no_team() -> None:
    operator = AuthContext("key_1", "platform", Role.OWNER, platform=True)
    assert may_see(operator, told(team=None))
    assert not may_see(MEMBER, told(team=None))


def test_who_comes_back_goes_on_after_the_last_event_it_had() -> None:
    hub = Hub()
    for word in ("one", "two", "three"):
        hub.publish(told(word))
    back = hub.subscribe(everything, quiet, Mark(hub.epoch, 1))
    hub.publish(told("four"))
    batch = back.queue.take()
    assert (batch.missed, messages(batch)) == (0, ["two", "three", "four"])


@pytest.mark.parametrize("number", [1, 99])
def test_who_comes_back_too_late_is_told_and_gets_what_is_left(number: int) -> None:
    hub = Hub(most=2)
    for word in ("one", "two", "three", "four"):
        hub.publish(told(word))
    batch = hub.subscribe(everything, quiet, Mark(hub.epoch, number)).queue.take()
    assert (batch.missed, messages(batch)) == (None, ["three", "four"])


def test_who_comes_back_after_a_restart_is_told() -> None:
    hub = Hub()
    hub.publish(told("new"))
    before = Mark("00000000", 1)
    batch = hub.subscribe(everything, quiet, before).queue.take()
    assert (batch.missed, messages(batch)) == (None, ["new"])


def test_nothing_that_is_published_raises_or_blocks() -> None:
    hub = Hub()

    def fails(event: StreamEvent) -> None:
        raise RuntimeError("no")

    hub.on_event(fails)
    reader = hub.subscribe(everything, quiet)
    endless: dict[str, Any] = {}
    endless["itself"] = endless
    hub.publish(StreamEvent("log", None, {"message": "a", "other": endless, "odd": {1, 2}, "half": "\ud800"}))
    assert all_of(reader) == ["a"]


def test_control_characters_of_an_event_are_neutralised_and_texts_are_cut() -> None:
    hub = Hub()
    reader = hub.subscribe(everything, quiet)
    hub.publish(told("a\x1b[31m\r\nevent: forged" + "x" * 20_000))
    (message,) = all_of(reader)
    assert message.startswith("a?[31m??event: forged")
    assert len(message) == 8_000


def test_after_the_end_nobody_waits() -> None:
    hub, woken = Hub(), threading.Event()
    before = hub.subscribe(everything, woken.set)
    hub.close()
    assert woken.is_set()
    assert before.queue.closed
    assert hub.subscribe(everything, quiet).queue.closed
    hub.publish(told())
    assert all_of(before) == []


def test_a_mark_reads_as_it_is_written() -> None:
    mark = Mark("0a1b2c3d", 17, {"production-blue": "2026-01-01T00:00:00.000000001Z"})
    assert Mark.parse(str(mark)) == mark
    for odd in ("", "17", "0a1b2c3d-", "0a1b2c3d-1@x", f"{mark}\n", "0a1b2c3d-1" + "@a=1" * 17):
        assert Mark.parse(odd) is None
