"""The audit's way to the database: a bounded queue, a thread that writes batches, the spool. Design section 6."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from codeb.adapters.audit.lines import line_of
from codeb.adapters.audit.spool import Spool
from codeb.errors import Unavailable
from codeb.services.protocols.trail import AuditEntry

_log = structlog.get_logger()


class Sink(Protocol):
    """Where rows end. The real one is ``AuditRows``."""

    def available(self) -> bool: ...

    def write(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        """Each once, however often it is written; returns those that it never takes. Raises Unavailable."""
        ...


@dataclass(slots=True)
class Trail:
    """``capacity`` and ``batch`` in entries, ``interval`` in seconds. ``lost`` counts what nothing could keep.

    What a killed process had in memory is lost: at most what came within an interval and a write.
    """

    sink: Sink
    spool: Spool
    capacity: int = 20_000
    batch: int = 500
    interval: float = 0.5
    lost: int = 0
    _waiting: deque[AuditEntry] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: threading.Event = field(default_factory=threading.Event)
    _crowded: threading.Event = field(default_factory=threading.Event)
    _ending: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _told: tuple[str, int] = ("", 0)

    def record(self, entry: AuditEntry) -> None:
        """Never blocks on the world and never raises; what finds no room is counted as lost."""
        with self._lock:
            waiting = len(self._waiting)
            if waiting >= self.capacity:
                self.lost += 1
                return
            self._waiting.append(entry)
        if waiting + 1 >= self.batch:
            self._wake.set()
        if waiting + 1 >= self.capacity // 2:
            self._crowded.set()

    def begin(self) -> None:
        """One thread writes; another empties a crowded queue onto the disk while the first waits for the database."""
        for name, wanted, work in (("writer", self._wake, self.work), ("relief", self._crowded, self.relieve)):
            thread = threading.Thread(target=self._again, args=(wanted, work), name=f"audit-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """What waits is in the database or in the spool afterwards."""
        self._ending.set()
        self._wake.set()
        self._crowded.set()
        for thread in self._threads:
            thread.join()
        self.work()
        self.spool.close()
        self.lost += len(self._waiting)
        self._waiting.clear()
        self._tell("")

    def work(self) -> None:
        """One round: what waits goes to the database or else to the spool, then the spool goes to the database.

        What comes meanwhile waits for the next one unless it fills a batch: small ones cost as much as large ones.
        """
        away, reason, left = False, "", len(self._waiting)
        while (left > 0 or len(self._waiting) >= self.batch or self._ending.is_set()) and (batch := self._take()):
            left -= len(batch)
            away = away or not self._stored(batch)
            if away and (reason := self._spooled(batch)):
                break
        self._tell(reason)
        if not away and not self._ending.is_set():
            self._bring_in()

    def relieve(self) -> None:
        """Empty a crowded queue onto the disk."""
        while len(self._waiting) >= self.capacity // 2 and (batch := self._take()):
            if reason := self._spooled(batch):
                self._tell(reason)
                break

    def size(self) -> int:
        """How many rows wait on disk, for ``codeb_audit_spool_size``."""
        return self.spool.size()

    def _again(self, wanted: threading.Event, work: Callable[[], None]) -> None:
        while not self._ending.is_set():
            wanted.wait(self.interval)
            wanted.clear()
            try:
                work()
            except Exception:  # noqa: BLE001  told in full; the thread lives on
                _log.exception("audit_round_failed")

    def _take(self) -> list[AuditEntry]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(self.batch, len(self._waiting)))]

    def _stored(self, batch: Sequence[AuditEntry]) -> bool:
        try:
            self._set_aside(self.sink.write(batch))
        except Unavailable:
            return False
        except OSError as error:
            _log.error("audit_rows_not_set_aside", reason=str(error))
        except Exception:  # noqa: BLE001  whatever it is, the rows are kept
            _log.exception("audit_rows_refused")
            return False
        return True

    def _spooled(self, batch: Sequence[AuditEntry]) -> str:
        """Why not; then they wait in memory again, in their order."""
        try:
            self.spool.append(batch)
        except OSError as error:
            with self._lock:
                self._waiting.extendleft(reversed(batch))
            return str(error)
        return ""

    def _bring_in(self) -> None:
        for path in self.spool.files():
            if self._ending.is_set() or not self.sink.available():
                return
            try:
                with self.spool.taken(path) as entries:
                    for at in range(0, len(entries or ()), self.batch):
                        self._set_aside(self.sink.write((entries or ())[at : at + self.batch]))
            except (Unavailable, OSError) as error:
                _log.warning("audit_spool_waits", file=path.name, reason=str(error))
                return

    def _set_aside(self, refused: Sequence[AuditEntry]) -> None:
        self.spool.set_aside([line_of(entry).encode() for entry in refused], "the database does not take them")

    def _tell(self, reason: str) -> None:
        """Once for each thing that is new: a log is no place for a million repetitions."""
        if (reason, self.lost) == self._told:
            return
        self._told = (reason, self.lost)
        if reason:
            _log.error("audit_waits_in_memory", reason=reason, waiting=len(self._waiting))
        if self.lost:
            _log.error("audit_rows_lost", total=self.lost, reason=reason or "the queue was full")
