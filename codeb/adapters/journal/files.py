"""The journal: one append-only file of JSON lines per environment, fsynced. Design section 2."""

import fcntl
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from codeb.adapters import looks
from codeb.adapters.files import write_atomically
from codeb.adapters.journal.lines import append, opened
from codeb.adapters.journal.shortening import LONG, WORTHWHILE, kept
from codeb.adapters.journal.snapshot import Snapshot, parsed, whole_lines
from codeb.domain.events import Event, EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.records import event_record
from codeb.services.errors import JournalUnwritable
from codeb.services.protocols import Clock

_log = structlog.get_logger()
_SETTLED_NS = 1_000_000_000
"""A directory that changed less than this ago may change again without a new time of change."""


@dataclass(slots=True)
class _Memory:
    """What was read already. Every value is replaced whole, so that threads need no lock."""

    snapshots: dict[Environment, Snapshot] = field(default_factory=dict)
    listing: tuple[int, Sequence[Environment]] = (0, ())
    paths: dict[Environment, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileJournal:
    """``directory`` holds ``{project}-{environment}.jsonl``. For any number of threads and processes at once.

    Reading an unchanged journal costs one stat; of one that grew, only the new lines are read. Design section 6.
    """

    directory: Path
    clock: Clock
    _memory: _Memory = field(default_factory=_Memory, repr=False, compare=False)

    def append(
        self,
        environment: Environment,
        kind: EventKind,
        *,
        generation: int,
        by: str,
        why: str,
        data: Mapping[str, object],
    ) -> Event:
        event = Event(f"evt_{secrets.token_hex(10)}", kind, self.clock.now(), generation, by, why, dict(data))
        line = json.dumps(event_record(event), separators=(",", ":")) + "\n"
        try:
            append(self._path(environment), line.encode())
        except OSError as error:
            raise JournalUnwritable(f"the journal of {environment} cannot be written: {error.strerror}") from error
        return event

    def events(self, environment: Environment) -> Sequence[Event]:
        """Raises JournalDamaged."""
        return self._snapshot(environment).events

    def latest_slots(self, environment: Environment) -> dict[str, object] | None:
        """The record of the slots as the newest settling event left them; raises JournalDamaged."""
        return self._snapshot(environment).slots

    def slots_at_hand(self, environment: Environment) -> dict[str, object] | None:
        """The same, of what was read already; None where the journal has changed since. Takes no lock, reads nothing.

        A writer holds the lock until its line is on the disk, and nobody who only looks waits for that.
        """
        known = self._memory.snapshots.get(environment)
        return known.slots if known is not None and known.current(self._path(environment)) else None

    def environments(self) -> Sequence[Environment]:
        try:
            changed = self.directory.stat().st_mtime_ns
        except FileNotFoundError:
            return ()
        known, listing = self._memory.listing
        if changed != known or changed == 0:
            listing = self._listed()
            settled = changed < time.time_ns() - _SETTLED_NS
            self._memory.listing = (changed if settled else 0, listing)
        return listing

    def remove(self, environment: Environment) -> None:
        self._path(environment).unlink(missing_ok=True)
        looks.forget(self._path(environment))
        self._memory.snapshots.pop(environment, None)
        self._memory.paths.pop(environment, None)

    def shorten(self, environment: Environment, position: str) -> None:
        """Drop from a long journal what the database has, which is everything up to the event ``position``.

        What recovery and rollback need stays. Raises OSError or JournalDamaged, and then nothing has changed.
        """
        path = self._path(environment)
        if not path.exists():
            return
        with opened(path, fcntl.LOCK_EX) as handle:
            lines = whole_lines(handle, 0)
            if len(lines) <= LONG:
                return
            stay = kept([event for _, event in parsed(path, lines)], position)
            if len(lines) - len(stay) >= WORTHWHILE:
                self._sweep(path)
                write_atomically(path, b"".join(lines[index] for index in stay))
                _log.info("journal_shortened", environment=environment.key, lines=len(lines), kept=len(stay))

    def _snapshot(self, environment: Environment) -> Snapshot:
        known = self._memory.snapshots.get(environment, Snapshot())
        now = known.followed(self._path(environment))
        if now.stamp is None:
            self._memory.snapshots.pop(environment, None)
        elif now is not known:
            self._memory.snapshots[environment] = now
        return now

    def _sweep(self, path: Path) -> None:
        """What somebody left who was killed while shortening; the lock says that nobody is at it now."""
        for left in self.directory.glob(f".{path.name}.*.new"):
            left.unlink(missing_ok=True)

    def _listed(self) -> Sequence[Environment]:
        found = []
        for path in sorted(self.directory.glob("*.jsonl")):
            project, _, name = path.stem.rpartition("-")
            if name in set(EnvironmentName):
                found.append(Environment(project, EnvironmentName(name)))
        return tuple(found)

    def _path(self, environment: Environment) -> Path:
        """Made once: making a path takes longer than asking the system about it."""
        if (path := self._memory.paths.get(environment)) is None:
            path = self._memory.paths[environment] = self.directory / f"{environment.key}.jsonl"
        return path
