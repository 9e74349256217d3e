"""The journal: one append-only file of JSON lines per environment, fsynced. Design section 2."""

import json
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codeb.adapters.files import sync_directory
from codeb.domain.events import SETTLING, Event, EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.records import event_from, event_record
from codeb.services.errors import JournalUnwritable
from codeb.services.protocols import Clock


@dataclass(frozen=True, slots=True)
class FileJournal:
    """``directory`` holds ``{project}-{environment}.jsonl``."""

    directory: Path
    clock: Clock
    _appending: threading.Lock = field(default_factory=threading.Lock)

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
            with self._appending:
                self._write(self._path(environment), line.encode())
        except OSError as error:
            raise JournalUnwritable(f"the journal of {environment} cannot be written: {error.strerror}") from error
        return event

    def events(self, environment: Environment) -> Sequence[Event]:
        return tuple(event_from(json.loads(line)) for line in self._lines(environment))

    def latest_slots(self, environment: Environment) -> dict[str, object] | None:
        """The record of the slots as the newest settling event left them, without reading the events before it."""
        for line in reversed(self._lines(environment)):
            record = json.loads(line)
            if EventKind(record["kind"]) in SETTLING:
                slots: dict[str, object] = record["data"]["slots"]
                return slots
        return None

    def environments(self) -> Sequence[Environment]:
        found = []
        for path in sorted(self.directory.glob("*.jsonl")):
            project, _, name = path.stem.rpartition("-")
            found.append(Environment(project, EnvironmentName(name)))
        return tuple(found)

    def remove(self, environment: Environment) -> None:
        self._path(environment).unlink(missing_ok=True)

    def _lines(self, environment: Environment) -> list[bytes]:
        """Whole lines only: what follows the last newline was never acknowledged."""
        try:
            return self._path(environment).read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []

    def _path(self, environment: Environment) -> Path:
        return self.directory / f"{environment.key}.jsonl"

    def _write(self, path: Path, line: bytes) -> None:
        new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            _drop_torn_tail(handle)
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            sync_directory(path.parent)


def _drop_torn_tail(handle: int) -> None:
    """A crash or a full disk may have left half a line, which never counted as written."""
    size = os.fstat(handle).st_size
    if size == 0 or os.pread(handle, 1, size - 1) == b"\n":
        return
    whole = os.pread(handle, size, 0).rfind(b"\n") + 1
    os.ftruncate(handle, whole)
