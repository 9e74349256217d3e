"""What one reader has not read yet: bounded, so that whoever reads slowly holds nobody up."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Waiting(Protocol):
    """What can wait for a reader. ``content`` may be made when it is read; ``size`` is about its bytes."""

    @property
    def content(self) -> bytes: ...
    @property
    def size(self) -> int: ...
    @property
    def number(self) -> int | None: ...
    @property
    def line(self) -> tuple[str, str] | None: ...


@dataclass(frozen=True, slots=True)
class Item:
    """``number`` is the hub's, ``line`` the place of a container's line: its container and the time."""

    content: bytes
    number: int | None = None
    line: tuple[str, str] | None = None

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Batch:
    """``missed`` went before ``items``; None when nobody knows how many."""

    missed: int | None
    items: tuple[Waiting, ...]


class ReaderQueue:
    """From any thread. The oldest goes when there is no room; ``wake`` is called when there is something to take."""

    def __init__(self, wake: Callable[[], None], most: int, most_bytes: int) -> None:
        self._wake, self._most, self._most_bytes = wake, most, most_bytes
        self._lock = threading.Lock()
        self._items: deque[Waiting] = deque()
        self._bytes = 0
        self._missed = 0
        self._unknown = False
        self._closed = False

    def offer(self, item: Waiting) -> None:
        with self._lock:
            if self._closed:
                return
            self._items.append(item)
            self._bytes += item.size
            while len(self._items) > self._most or self._bytes > self._most_bytes:
                self._bytes -= self._items.popleft().size
                self._missed += 1
            first = len(self._items) <= 1
        if first:
            self._wake()

    def lost(self) -> None:
        """Something is missing, and nobody knows how much."""
        with self._lock:
            self._unknown = True
        self._wake()

    def take(self, most: int = 100) -> Batch:
        """The oldest that wait, at most so many."""
        with self._lock:
            missed = None if self._unknown else self._missed
            self._unknown, self._missed = False, 0
            items = tuple(self._items.popleft() for _ in range(min(most, len(self._items))))
            self._bytes -= sum(each.size for each in items)
            return Batch(missed, items)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Nothing more comes; what waits can still be taken."""
        with self._lock:
            self._closed = True
        self._wake()
