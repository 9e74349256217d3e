"""Everything that is told, to everybody who follows and may see it. Spec section 6, "SSE"."""

import secrets
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from codeb.api.streams.frames import payload, plain
from codeb.api.streams.mark import Mark
from codeb.api.streams.queue import Item, ReaderQueue
from codeb.services.protocols.trail import StreamEvent

Accepts = Callable[[StreamEvent], bool]
RING, RING_BYTES = 2_000, 4 * 1024**2
QUEUE_BYTES = 1024**2
"""What may wait for one reader; more than that is a reader that does not read."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """``begun`` is the last event that was told before the first that ``queue`` may hold."""

    queue: ReaderQueue
    accepts: Accepts
    begun: Mark


class Hub:
    """Keeps the newest events for readers who come back. Implements ``Broadcast``."""

    def __init__(self, most: int = RING, most_bytes: int = RING_BYTES, reader_bytes: int = QUEUE_BYTES) -> None:
        self.epoch = secrets.token_hex(4)
        self._most, self._most_bytes, self._reader_bytes = most, most_bytes, reader_bytes
        self._lock = threading.RLock()
        self._ring: deque[tuple[StreamEvent, Item]] = deque()
        self._bytes = 0
        self._number = 0
        self._closed = False
        self._subscriptions: list[Subscription] = []
        self._listeners: list[Callable[[StreamEvent], None]] = []

    @property
    def number(self) -> int:
        """Of the newest event; what was accepted of it and of those before is in the queues."""
        with self._lock:
            return self._number

    def publish(self, event: StreamEvent) -> None:
        """From any thread; never blocks, never raises. What cannot be sent is dropped."""
        with suppress(Exception):
            told = plain(event)
            content = payload(told)
            with self._lock:
                self._tell(told, content)

    def on_event(self, listener: Callable[[StreamEvent], None]) -> None:
        """Call ``listener`` with each event from now on, in the thread that publishes: it must not block."""
        with self._lock:
            self._listeners.append(listener)

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

    def _tell(self, event: StreamEvent, content: bytes) -> None:
        self._number += 1
        item = Item(content, number=self._number)
        self._ring.append((event, item))
        self._bytes += len(content)
        while len(self._ring) > self._most or self._bytes > self._most_bytes:
            self._bytes -= len(self._ring.popleft()[1].content)
        for subscription in self._subscriptions:
            if subscription.accepts(event):
                subscription.queue.offer(item)
        for listener in self._listeners:
            with suppress(Exception):
                listener(event)

    def _resumed(self, queue: ReaderQueue, accepts: Accepts, after: Mark) -> int:
        """Fill ``queue`` with what came since, as far as it is still there; the number that this begins after."""
        oldest = self._number - len(self._ring)
        number = after.number
        if after.epoch != self.epoch or not oldest <= number <= self._number:
            queue.lost()
            number = oldest
        for event, item in self._ring:
            if item.number is not None and item.number > number and accepts(event):
                queue.offer(item)
        return number
