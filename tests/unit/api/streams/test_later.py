"""A record that is made when it is read."""

from collections.abc import Iterator

import orjson

from codeb.api.streams.frames import payload, plain
from codeb.api.streams.hub import Hub, anything
from codeb.api.streams.later import Later
from codeb.services.protocols.trail import StreamEvent


def test_it_is_made_once_and_only_for_who_looks() -> None:
    numbers: Iterator[int] = iter(range(9))
    later = Later(lambda: {"message": next(numbers)})
    assert next(numbers) == 0
    assert (dict(later), later["message"], len(later), list(later)) == ({"message": 1}, 1, 1, ["message"])


def test_nobody_who_follows_means_that_none_is_made() -> None:
    made: list[str] = []

    def make() -> dict[str, str]:
        made.append("one")
        return {"message": "said"}

    hub = Hub()
    hub.publish(StreamEvent("log", "team-a", Later(make)))
    assert made == []
    reader = hub.subscribe(anything, lambda: None)
    hub.publish(StreamEvent("log", "team-a", Later(make)))
    (item,) = reader.queue.take(9).items
    assert b'"message":"said"' in item.content
    assert made == ["one"]


def test_it_is_sent_as_a_record_would_be() -> None:
    record = {"message": "said", "metadata": {"tool": "deploy", "success": True}}
    sent = payload(plain(StreamEvent("log", None, Later(lambda: record))))
    assert sent == payload(plain(StreamEvent("log", None, record)))
    assert orjson.loads(sent.partition(b"data: ")[2]) == record
