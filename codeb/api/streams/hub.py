"""Everything that is told, to everybody who follows and may see it. Spec section 6, "SSE"."""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from codeb.api.streams.frames import payload, plain
from codeb.api.streams.later import Later
from codeb.api.streams.mark import Mark
from codeb.api.streams.queue import ReaderQueue
from codeb.domain.masking import Cover
from codeb.services.protocols.trail import StreamEvent

Accepts = Callable[[StreamEvent], bool]
RING, RING_BYTES = 2_000, 4 * 1024**2
QUEUE_BYTES = 1024**2
"""What may wait for one reader; more than that is a reader that does not read."""
_DROPPED = b": dropped\n\n"
_LOG_EVENT = 400
"""Bytes of a log entry besides its message, about; one of a call says little more."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """``begun`` is the last event that was told before the first that ``queue`` may hold."""

    queue: ReaderQueue
    accepts: Accepts
    begun: Mark


@dataclass(slots=True)
class _Told:
    """An event and its number. It is put on the wire's form for its first reader: most have none, ever."""

    event: StreamEvent
    number: int
    size: int
    cover: Cover | None
    line: None = None
    _content: bytes = b""

    @property
    def content(self) -> bytes:
        """Of what cannot be sent an empty line."""
        if not self._content:
            self._content = _DROPPED
            with suppress(Exception):
                self._content = payload(plain(self.event, self.cover))
        return self._content


def anything(event: StreamEvent) -> bool:  # noqa: ARG001
    return True


class Hub:
    """Keeps the newest events for readers who come back. Implements ``Broadcast``. ``cover`` masks what is told."""

    def __init__(self, most: int = RING, most_bytes: int = RING_BYTES, reader_bytes: int = QUEUE_BYTES) -> None:
        self.epoch = secrets.token_hex(4)
        self.cover: Cover | None = None
        self._most, self._most_bytes, self._reader_bytes = most, most_bytes, reader_bytes
        self._lock = threading.RLock()
        self._ring: deque[_Told] = deque()
        self._bytes = 0
        self._number = 0
        self._closed = False
        self._subscriptions: list[Subscription] = []
        self._listeners: list[tuple[Accepts, Callable[[StreamEvent], None]]] = []

    @property
    def number(self) -> int:
        """Of the newest event; what was accepted of it and of those before is in the queues."""
        with self._lock:
            return self._number

    def publish(self, event: StreamEvent) -> None:
        """From any thread; never blocks, never raises. Nobody changes ``event.data`` afterwards."""
        with self._lock:
            self._tell(event, _bytes_of(event))

    def on_event(self, listener: Callable[[StreamEvent], None], wants: Accepts = anything) -> None:
        """Call ``listener`` with each event that it ``wants``, in the thread that publishes: it must not block."""
        with self._lock:
            self._listeners.append((wants, listener))

    def subscribe(self, accepts: Accepts, wake: Callable[[], None], after: Mark | None = None) -> Subscription:
        """Follow what ``accepts`` takes; ``after`` goes on from there, and says so where something is missing."""
        with self._lock:
            queue = ReaderQueue(wake, self._most, self._reader_bytes)
            begun = self._number if after is None else self._resumed(queue, accepts, after)
            subscription = Subscription(queue, accepts, Mark(self.epoch, begun))
            if self._closed:
                queue.close()
            else:
                self._subscriptions.append(subscription)
            return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        subscription.queue.close()
        with self._lock, suppress(ValueError):
            self._subscriptions.remove(subscription)

    def close(self) -> None:
        """Every stream ends, and none begins any more."""
        with self._lock:
            self._closed = True
            ended, self._subscriptions = self._subscriptions, []
        for each in ended:
            each.queue.close()

    def _tell(self, event: StreamEvent, size: int) -> None:
        self._number += 1
        told = _Told(event, self._number, size, self.cover)
        self._ring.append(told)
        self._bytes += size
        while len(self._ring) > self._most or self._bytes > self._most_bytes:
            self._bytes -= self._ring.popleft().size
        for subscription in self._subscriptions:
            if subscription.accepts(event):
                subscription.queue.offer(told)
        for wants, listener in self._listeners:
            with suppress(Exception):
                if wants(event):
                    listener(plain(event, self.cover))

    def _resumed(self, queue: ReaderQueue, accepts: Accepts, after: Mark) -> int:
        """Fill ``queue`` with what came since, as far as it is still there; the number that this begins after."""
        oldest = self._number - len(self._ring)
        number = after.number
        if after.epoch != self.epoch or not oldest <= number <= self._number:
            queue.lost()
            number = oldest
        for told in self._ring:
            if told.number > number and accepts(told.event):
                queue.offer(told)
        return number


def _bytes_of(event: StreamEvent) -> int:
    if isinstance(event.data, Later):
        return _LOG_EVENT
    if event.kind == "log":
        return _LOG_EVENT + len(str(event.data.get("message", "")))
    return _size(event.data)


def _size(value: Any, levels: int = 8) -> int:
    """About as many bytes as ``value`` keeps."""
    if isinstance(value, str):
        return 50 + len(value)
    if isinstance(value, Mapping) and levels:
        return 200 + sum(_size(each, levels - 1) for each in value.values())
    if isinstance(value, list | tuple) and levels:
        return 50 + sum(_size(each, levels - 1) for each in value)
    return 50
