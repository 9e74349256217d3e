"""Lines out of what the engine sends of a container's log: bytes in pieces, each with its time."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d)) ?")
_LONGEST = 64 * 1024
"""Bytes of one line that are looked at; the rest of it is not shown."""
_WHERE_LEVELS_ARE = 120
_WORD = re.compile(r"\b(debug|trace|warn|warning|error|fatal|critical|panic)\b", re.IGNORECASE)
_LEVELS = {
    "debug": "debug",
    "trace": "debug",
    "warn": "warn",
    "warning": "warn",
    "10": "debug",
    "20": "debug",
    "40": "warn",
}
_ERRORS = frozenset({"error", "fatal", "critical", "panic", "50", "60"})
_STRUCTURED = ("level", "severity", "lvl")


@dataclass(frozen=True, slots=True)
class Line:
    """``at`` is the engine's time of its first piece, with nanoseconds."""

    at: str
    text: str


@dataclass(slots=True)
class Lines:
    """Puts pieces together. A piece is what the engine has of one write: a whole line, or up to 16 KB of a long one."""

    mask: Callable[[str], str]
    _at: str = ""
    _held: bytearray = field(default_factory=bytearray)

    def feed(self, piece: bytes) -> Iterator[Line]:
        stamp = _STAMP.match(piece)
        if stamp is not None:
            piece = piece[stamp.end() :]
            self._at = self._at if self._held else stamp[1].decode()
        *ended, rest = piece.split(b"\n")
        for part in ended:
            self._hold(part)
            yield self._line()
        self._hold(rest)

    def end(self) -> Iterator[Line]:
        """What was written without an end of line."""
        if self._held:
            yield self._line()

    def _hold(self, part: bytes) -> None:
        self._held += part[: _LONGEST - len(self._held)]

    def _line(self) -> Line:
        text = self._held.decode(errors="replace").removesuffix("\r")
        self._held.clear()
        return Line(self._at, self.mask(text))


def guessed_level(text: str) -> str:
    """By the program's own word: ``level`` of a JSON line, or a word near the beginning; else info."""
    if text.startswith("{") and (word := _structured(text)):
        return _level(word)
    found = _WORD.search(text[:_WHERE_LEVELS_ARE])
    return _level(found[1]) if found else "info"


def _structured(text: str) -> str | None:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return next((str(record[key]) for key in _STRUCTURED if key in record), "info")


def _level(word: str) -> str:
    lower = word.lower()
    return "error" if lower in _ERRORS else _LEVELS.get(lower, "info")
