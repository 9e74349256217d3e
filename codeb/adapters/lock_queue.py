"""The queue before a lock: numbered files, each locked by its waiter for as long as it waits. Design section 3.

Numbers are given behind the gate only, so their order is the order of arrival; the kernel frees the file of a waiter
that died, and whoever looks next removes it.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@contextmanager
def gate(directory: Path) -> Iterator[None]:
    """One process at a time looks at who holds and who waits: the directory itself is the lock, for microseconds."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def try_lock(handle: int, operation: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(handle, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Place:
    """A waiter's place in the queue."""

    path: Path
    handle: int

    def ahead(self) -> int:
        """How many living waiters came before."""
        return sum(_alive(path) for path in _places(self.path) if path.name < self.path.name)

    def leave(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self.handle)


@dataclass(frozen=True, slots=True)
class Queue:
    """Of the lock ``key``. Both methods are for whoever is behind the gate."""

    directory: Path
    key: str

    def waiting(self) -> Sequence[Path]:
        return [path for path in _places(self._place(0)) if _alive(path)]

    def join(self, waiting: Sequence[Path]) -> Place:
        """The place behind ``waiting``."""
        last = int(waiting[-1].name.rpartition("-")[2]) if waiting else 0
        path = self._place(last + 1)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        return Place(path, handle)

    def _place(self, number: int) -> Path:
        return self.directory / f"{self.key}.wait-{number:08d}"


def _places(place: Path) -> Sequence[Path]:
    """All of the queue that ``place`` is of."""
    return sorted(place.parent.glob(place.name.rpartition("-")[0] + "-*"))


def _alive(place: Path) -> bool:
    """Whether its waiter holds it. One whose waiter died is removed; its number is given to nobody before us."""
    try:
        handle = os.open(place, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        if not try_lock(handle, fcntl.LOCK_SH):
            return True
        place.unlink(missing_ok=True)
        return False
    finally:
        os.close(handle)
