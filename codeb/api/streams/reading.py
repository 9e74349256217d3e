"""One reader's stream, as chunks of ``text/event-stream``."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from codeb.api.streams.frames import BEGIN, PING, frame, numbered
from codeb.api.streams.hub import Hub, Subscription
from codeb.api.streams.mark import Mark
from codeb.api.streams.queue import Batch, Waiting

PING_SECONDS = 30.0
RECHECK_SECONDS = 3.0
_CHUNK = 16
"""Events in one write: what a blocked write holds is what a key that is revoked meanwhile may still get."""


class Bell:
    """Wakes a waiting coroutine from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def ring(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._rung.set)

    def silence(self) -> None:
        self._rung.clear()

    async def wait(self, seconds: float) -> None:
        """Return when it rang, at most so much later."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()


@dataclass(slots=True)
class Pace:
    """When what is due; seconds."""

    ping: float = PING_SECONDS
    recheck: float = RECHECK_SECONDS


@dataclass(slots=True)
class Reading:
    """An iterator over what is sent to one reader. Ends when the server stops or the key is no longer good."""

    hub: Hub
    subscription: Subscription
    bell: Bell
    client_id: str
    mark: Mark
    still_allowed: Callable[[], bool]
    pace: Pace
    _begun: bool = False
    _ended: bool = False
    _ping_at: float = 0
    _check_at: float = field(init=False)

    def __post_init__(self) -> None:
        now = time.monotonic()
        self._ping_at, self._check_at = now + self.pace.ping, now + self.pace.recheck

    def __aiter__(self) -> "Reading":
        return self

    async def __anext__(self) -> bytes:
        if not self._begun:
            self._begun = True
            return BEGIN + numbered(str(self.mark), frame("connected", {"clientId": self.client_id}))
        while not self._ended:
            if self._revoked():
                return self._last("the key is no longer accepted")
            self.bell.silence()
            so_far = self.hub.number
            batch = self.subscription.queue.take(_CHUNK)
            if chunk := self._encoded(batch):
                return chunk
            if self.subscription.queue.closed:
                return self._last("the server stops")
            now = time.monotonic()
            if now >= self._ping_at:
                self._ping_at = now + self.pace.ping
                self.mark = replace(self.mark, number=so_far)
                return numbered(str(self.mark), PING)
            await self.bell.wait(min(self._ping_at, self._check_at) - now)
        raise StopAsyncIteration

    def _revoked(self) -> bool:
        now = time.monotonic()
        if now < self._check_at:
            return False
        self._check_at = now + self.pace.recheck
        return not self.still_allowed()

    def _last(self, reason: str) -> bytes:
        self._ended = True
        return frame("closing", {"reason": reason})

    def _encoded(self, batch: Batch) -> bytes:
        missed = b"" if batch.missed == 0 else frame("missed", {"count": batch.missed})
        return missed + b"".join(self._numbered(item) for item in batch.items)

    def _numbered(self, item: Waiting) -> bytes:
        if item.number is not None:
            self.mark = replace(self.mark, number=item.number)
        if item.line is not None:
            name, at = item.line
            self.mark = replace(self.mark, lines={**self.mark.lines, name: at})
        return numbered(str(self.mark), item.content)
