"""One holder per environment by ``flock``; waiters take a number. Design section 3."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codeb.adapters.lock_queue import Place, Queue, gate, try_lock
from codeb.domain.names import Environment
from codeb.domain.records import iso
from codeb.errors import Unavailable
from codeb.services.errors import Locked
from codeb.services.protocols import Clock, PlaceListener, unheard

_POLL = 0.05
MAX_WAITERS = 10
MAX_WAIT = 600.0
_UNNAMED: Mapping[str, object] = {"by": "somebody", "what": "change", "since": "now"}


@dataclass(frozen=True, slots=True)
class FileLocks:
    """``directory`` holds ``{key}.lock`` while somebody has it, the holder beside it, and the waiters' numbers.

    Nothing stays behind: the lock of a deleted project is no file.
    """

    directory: Path
    clock: Clock
    max_wait: float = MAX_WAIT
    max_waiters: int = MAX_WAITERS

    @contextmanager
    def held(
        self,
        environment: Environment,
        what: str,
        by: str,
        *,
        wait: float | None = None,
        on_place: PlaceListener = unheard,
    ) -> Iterator[None]:
        """Raises Locked at once when ten wait already or ``wait`` is 0, and Unavailable without the directory."""
        claim = _Claim(self, environment, what, by)
        seconds = self.max_wait if wait is None else min(wait, self.max_wait)
        lock = claim.acquire(seconds, on_place)
        try:
            yield
        finally:
            claim.release(lock)

    def holder(self, environment: Environment) -> Mapping[str, object]:
        """Never in the way of whoever takes the lock meanwhile; what a killed holder left is not shown."""
        claim = _Claim(self, environment, "", "")
        with contextlib.suppress(FileNotFoundError), gate(self.directory):
            return claim.holder()
        return {}


@dataclass(frozen=True, slots=True)
class _Claim:
    """One caller's wish to hold one environment."""

    locks: FileLocks
    environment: Environment
    what: str
    by: str

    def acquire(self, seconds: float, on_place: PlaceListener) -> int:
        try:
            taken = self._arrive(seconds)
        except OSError as error:
            raise Unavailable(f"the lock of {self.environment}", error.strerror or str(error)) from error
        return taken if isinstance(taken, int) else self._wait(taken, time.monotonic() + seconds, on_place)

    def release(self, lock: int) -> None:
        with contextlib.ExitStack() as closing, contextlib.suppress(OSError):
            closing.callback(os.close, lock)
            with gate(self.locks.directory):
                self._note.unlink(missing_ok=True)
                self._lock.unlink(missing_ok=True)

    def holder(self) -> Mapping[str, object]:
        """For whoever is behind the gate."""
        try:
            handle = os.open(self._lock, os.O_RDONLY)
        except FileNotFoundError:
            return {}
        try:
            if try_lock(handle, fcntl.LOCK_SH):
                return {}
        finally:
            os.close(handle)
        try:
            record: dict[str, object] = json.loads(self._note.read_bytes())
        except (OSError, ValueError):
            return _UNNAMED
        return record

    def _arrive(self, seconds: float) -> int | Place:
        """The lock where it is free and nobody waits, else a place in the queue; raises Locked."""
        queue = Queue(self.locks.directory, self.environment.key)
        with gate(self.locks.directory):
            waiting = queue.waiting()
            if not waiting and (lock := self._take()) is not None:
                return lock
            if seconds <= 0 or len(waiting) >= self.locks.max_waiters:
                raise Locked(self.environment, dict(self.holder() or _UNNAMED))
            return queue.join(waiting)

    def _wait(self, place: Place, deadline: float, on_place: PlaceListener) -> int:
        told = 0
        try:
            while True:
                ahead = place.ahead()
                if ahead == 0 and (lock := self._take_behind_gate()) is not None:
                    return lock
                if ahead + 1 != told:
                    told = ahead + 1
                    on_place(told, self.locks.holder(self.environment))
                if time.monotonic() >= deadline:
                    raise Locked(self.environment, dict(self.locks.holder(self.environment) or _UNNAMED))
                time.sleep(_POLL)
        finally:
            place.leave()

    def _take_behind_gate(self) -> int | None:
        with gate(self.locks.directory):
            return self._take()

    def _take(self) -> int | None:
        """The lock, with our name beside it, or None while another has it.

        Made, taken and removed behind the gate only, so that nobody takes a file that has no name any more.
        """
        lock = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        if try_lock(lock):
            self._sign()
            return lock
        os.close(lock)
        return None

    def _sign(self) -> None:
        """A full disk leaves the holder without a name, and does not keep anybody from holding."""
        since = iso(self.locks.clock.now())
        record = {"by": self.by, "what": self.what, "since": since, "pid": os.getpid()}
        with contextlib.suppress(OSError):
            handle = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w") as file:
                json.dump(record, file)

    @property
    def _lock(self) -> Path:
        return self.locks.directory / f"{self.environment.key}.lock"

    @property
    def _note(self) -> Path:
        return self.locks.directory / f"{self.environment.key}.holder"
