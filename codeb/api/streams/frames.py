"""Events as they are on the wire: ``text/event-stream``. Spec section 6, "SSE"."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from codeb.domain.masking import LOOKED_AT, Cover, without_secrets
from codeb.services.protocols.trail import StreamEvent

Texts = Callable[[str], str]
PING = b": ping\n\n"
BEGIN = b"retry: 3000\n\n"
_LONGEST = 8_000
_TELLING = frozenset({"warn", "error"})
"""Levels of entries that quote what somebody sent or what went wrong."""
_DEEPEST = 8


def plain(event: StreamEvent, cover: Cover | None = None) -> StreamEvent:
    """Bounded, without secrets, and nothing in it acts on a terminal; a deployment's error may have several lines.

    Of what goes well only names are told, ours and those of projects: there is nothing to look for in them.
    """
    text: Texts = partial(_printable, keep="" if event.kind == "log" else "\n")
    if cover is not None and (event.kind != "log" or event.level in _TELLING):
        text = partial(_masked, cover=cover, then=text)
    data: Mapping[str, Any] = _plain(event.data, text)
    return replace(event, data=data)


def payload(event: StreamEvent) -> bytes:
    """The event without its id, encoded once for all its readers."""
    return frame(event.kind, event.data)


def frame(kind: str, data: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(data, default=str))


def numbered(identity: str, content: bytes) -> bytes:
    return b"id: %b\n%b" % (identity.encode(), content)


def _plain(value: Any, text: Texts, depth: int = 0) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {str(key)[:200]: _plain(each, text, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [_plain(each, text, depth + 1) for each in value[:500]]
    return value if isinstance(value, bool | int | float) or value is None else text(str(value))


def _printable(text: str, *, keep: str) -> str:
    """Long texts are cut, control characters neutralised. Security 16."""
    return "".join(char if char.isprintable() or char == "\t" or char in keep else "?" for char in text[:_LONGEST])


def _masked(text: str, *, cover: Cover, then: Texts) -> str:
    """A value that begins within what is shown is seen whole, and taken out, before the text is cut."""
    return then(without_secrets(text[: _LONGEST + LOOKED_AT], cover))
