"""The sessions of ``/mcp``: whose each is, and how many a key may hold open. Security 10.

The library binds a session to its key too and forgets it after the same time; what is counted here is never less than
what it holds.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from codeb.api.errors import NotFound, TooManySessions

PER_KEY = 50
IN_TOTAL = 500
IDLE = 1800.0
"""Seconds without a request after which a session is gone."""


@dataclass(slots=True)
class _Session:
    key_id: str
    at: float
    requests: int = 0


@dataclass(slots=True)
class Sessions:
    """Not for several threads."""

    per_key: int = PER_KEY
    in_total: int = IN_TOTAL
    clock: Callable[[], float] = time.monotonic
    open: dict[str, _Session] = field(default_factory=dict)

    def require_room(self, key_id: str) -> None:
        """Raises TooManySessions."""
        self._forget_idle()
        if len(self.open) >= self.in_total:
            raise TooManySessions("this server", self.in_total)
        if sum(each.key_id == key_id for each in self.open.values()) >= self.per_key:
            raise TooManySessions("this key", self.per_key)

    def opened(self, session_id: str, key_id: str) -> None:
        self.open.setdefault(session_id, _Session(key_id, self.clock()))

    def closed(self, session_id: str) -> None:
        self.open.pop(session_id, None)

    @contextmanager
    def used(self, session_id: str, key_id: str) -> Iterator[None]:
        """While a request of it is answered. Raises NotFound for one that is gone, or another key's: both alike."""
        self._forget_idle()
        session = self.open.get(session_id)
        if session is None or session.key_id != key_id:
            raise NotFound("there is no such MCP session: it ended, or never was; begin one with `initialize`")
        session.requests += 1
        try:
            yield
        finally:
            session.requests -= 1
            session.at = self.clock()

    def _forget_idle(self) -> None:
        oldest = self.clock() - IDLE
        gone = [each for each, session in self.open.items() if not session.requests and session.at < oldest]
        for each in gone:
            del self.open[each]
