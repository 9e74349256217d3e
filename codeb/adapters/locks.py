"""One holder per environment by ``flock``; waiters take a number. Design section 3."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codeb.adapters.files import write_atomically
from codeb.domain.names import Environment
from codeb.domain.records import iso
from codeb.services.errors import Locked
from codeb.services.protocols import Clock

_POLL = 0.05
_NEWCOMER_NS = 1_000_000_000
"""A place younger than this may have been made but not locked yet by its living waiter."""
MAX_WAITERS = 10
MAX_WAIT = 600.0


@dataclass(frozen=True, slots=True)
class FileLocks:
    """``directory`` holds ``{key}.lock``, the holder beside it, and the waiters' numbers."""

    directory: Path
    clock: Clock
    max_wait: float = MAX_WAIT
    max_waiters: int = MAX_WAITERS

    @contextmanager
    def held(self, environment: Environment, what: str, by: str, *, wait: float | None = None) -> Iterator[None]:
        with self._open(f"{environment.key}.lock") as lock:
            if self._queue(environment) or not _try(lock):
                self._wait(environment, lock, self.max_wait if wait is None else wait)
            holder = self.directory / f"{environment.key}.holder"
            write_atomically(
                holder,
                json.dumps({"by": by, "what": what, "since": iso(self.clock.now()), "pid": os.getpid()}),
            )
            try:
                yield
            finally:
                holder.unlink(missing_ok=True)

    def holder(self, environment: Environment) -> dict[str, object]:
        with contextlib.suppress(FileNotFoundError, ValueError):
            record: dict[str, object] = json.loads((self.directory / f"{environment.key}.holder").read_text())
            return record
        return {}

    def _wait(self, environment: Environment, lock: int, seconds: float) -> None:
        """Wait in the order of arrival: a place is a slot file, locked by its waiter while it waits."""
        deadline = time.monotonic() + seconds
        with self._place(environment) as place:
            while time.monotonic() < deadline:
                if self._first(environment, place) and _try(lock):
                    return
                time.sleep(_POLL)
        raise Locked(environment, self.holder(environment))

    @contextmanager
    def _place(self, environment: Environment) -> Iterator[Path]:
        name = f"{environment.key}.wait-{time.time_ns():020d}-{os.getpid()}-{os.urandom(2).hex()}"
        if len(self._queue(environment)) >= self.max_waiters:
            raise Locked(environment, self.holder(environment))
        with self._open(name) as ticket:
            fcntl.flock(ticket, fcntl.LOCK_EX)
            try:
                yield self.directory / name
            finally:
                (self.directory / name).unlink(missing_ok=True)

    def _first(self, environment: Environment, place: Path) -> bool:
        return all(place <= other for other in self._queue(environment))

    def _queue(self, environment: Environment) -> list[Path]:
        """The places whose waiters are alive; those of the dead are removed."""
        alive = []
        for path in sorted(self.directory.glob(f"{environment.key}.wait-*")):
            try:
                handle = os.open(path, os.O_RDWR)
            except FileNotFoundError:
                continue
            try:
                if _try(handle):
                    if time.time_ns() - int(path.name.rsplit("wait-", 1)[1].split("-")[0]) > _NEWCOMER_NS:
                        path.unlink(missing_ok=True)
                    continue
                alive.append(path)
            finally:
                os.close(handle)
        return alive

    @contextmanager
    def _open(self, name: str) -> Iterator[int]:
        handle = os.open(self.directory / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield handle
        finally:
            os.close(handle)


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
