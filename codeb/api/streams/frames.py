"""Events as they are on the wire: ``text/event-stream``. Spec section 6, "SSE"."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from codeb.services.protocols.trail import StreamEvent

PING = b": ping\n\n"
BEGIN = b"retry: 3000\n\n"
_LONGEST = 8_000
_DEEPEST = 8


def plain(event: StreamEvent) -> StreamEvent:
    """Bounded, and nothing in it acts on a terminal; a deployment's error may have several lines."""
    data: Mapping[str, Any] = _plain(event.data, keep="" if event.kind == "log" else "\n")
    return replace(event, data=data)


def payload(event: StreamEvent) -> bytes:
    """The event without its id, encoded once for all its readers."""
    return frame(event.kind, event.data)


def frame(kind: str, data: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(data, default=str))


def numbered(identity: str, content: bytes) -> bytes:
    return b"id: %b\n%b" % (identity.encode(), content)


def _plain(value: Any, *, keep: str, depth: int = 0) -> Any:
    """Long texts are cut, control characters neutralised. Security 16."""
    if isinstance(value, str):
        return "".join(char if char.isprintable() or char == "\t" or char in keep else "?" for char in value[:_LONGEST])
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {str(key)[:200]: _plain(each, keep=keep, depth=depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [_plain(each, keep=keep, depth=depth + 1) for each in value[:500]]
    return value if isinstance(value, bool | int | float) or value is None else str(value)[:_LONGEST]
