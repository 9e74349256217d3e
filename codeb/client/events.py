"""Server-sent events as they are read: ``text/event-stream`` into records. Spec section 6, "SSE"."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """``id`` is what ``Last-Event-ID`` takes up from; ``event`` is its kind: connected, log, deployment, missed ..."""

    id: str
    event: str
    data: Any


def events(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a stream's lines; comments are passed over, and an event that was cut off is none."""
    identity, kind, data = "", "", list[str]()
    for line in lines:
        if not line:
            if data:
                yield Event(identity, kind or "message", _parsed("\n".join(data)))
            kind, data = "", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id" and "\0" not in value:
            identity = value
        elif name == "event":
            kind = value
        elif name == "data":
            data.append(value)


def _parsed(text: str) -> Any:
    with suppress(ValueError):
        return json.loads(text)
    return text
