"""Rows that wait on disk for the database: lines of JSON in files of bounded size. Spec section 6, degraded mode."""

import contextlib
import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from codeb.adapters.audit.lines import entry_from, line_of
from codeb.adapters.files import sync_directory
from codeb.services.protocols.trail import AuditEntry

_log = structlog.get_logger()
_FILE = 5 * 1024**2
_FILES = 200
_DAMAGED = "damaged.txt"


@dataclass(slots=True)
class Spool:
    """``directory`` holds ``{when}-{process}.jsonl``. A file belongs to the process that holds its lock, and that is
    the one that appends to it or the one that brings it in, never both: a process that dies lets go of it."""

    directory: Path
    file_size: int = _FILE
    max_files: int = _FILES
    _handle: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of each file the size at which it was counted, and its lines."""

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Durable when it returns; raises OSError, and then nothing of them is kept."""
        data = "".join(map(line_of, entries)).encode()
        with self._lock:
            handle = self._handle if self._handle is not None else self._begin()
            before = os.fstat(handle).st_size
            try:
                _write(handle, data)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(handle, before)
                self._end()
                raise
            if before + len(data) >= self.file_size:
                self._end()

    def files(self) -> Sequence[Path]:
        """Oldest first."""
        return sorted(self.directory.glob("[0-9]*.jsonl"))

    def size(self) -> int:
        """How many rows wait."""
        with self._lock:
            counts: dict[str, tuple[int, int]] = {}
            for path in self.files():
                with contextlib.suppress(OSError):
                    known, size = self._counts.get(path.name), path.stat().st_size
                    counts[path.name] = known if known and known[0] == size else (size, _lines(path))
            self._counts = counts
            return sum(lines for _, lines in counts.values())

    @contextmanager
    def taken(self, path: Path) -> Iterator[Sequence[AuditEntry] | None]:
        """The rows of a file, which is removed at the end of the block; after an error in it everything stands.

        None while another process has the file. Lines that are damaged are set aside.
        """
        with self._lock:
            self._end()
        try:
            handle = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            yield None
            return
        try:
            if not _locked(handle) or not os.fstat(handle).st_nlink:
                yield None
                return
            entries, damaged = _read(path)
            yield entries
            self.set_aside(damaged, f"damaged in {path.name}")
            path.unlink()
            sync_directory(self.directory)
        finally:
            os.close(handle)

    def set_aside(self, lines: Sequence[bytes], reason: str) -> None:
        """Keep what can be brought in nowhere where a person finds it. Raises OSError."""
        if not lines:
            return
        handle = os.open(self.directory / _DAMAGED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _write(handle, b"".join(line.rstrip(b"\n") + b"\n" for line in lines))
        finally:
            os.close(handle)
        _log.error("audit_rows_set_aside", rows=len(lines), reason=reason, file=str(self.directory / _DAMAGED))

    def close(self) -> None:
        with self._lock:
            self._end()

    def _begin(self) -> int:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if len(self.files()) >= self.max_files:
            raise OSError(errno.ENOSPC, f"{self.max_files} files wait already")
        path = self.directory / f"{time.time_ns():020d}-{os.getpid()}.jsonl"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.stat()  # nobody took it away before it was locked
            sync_directory(self.directory)
        except OSError:
            os.close(handle)
            raise
        self._handle = handle
        return handle

    def _end(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _write(handle: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]
    os.fsync(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> tuple[list[AuditEntry], list[bytes]]:
    """The entries, and the lines that are none: the end of a file whose writer was killed, mostly."""
    entries, damaged = [], []
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            entries.append(entry_from(line))
        except ValueError:
            damaged.append(line)
    return entries, damaged


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1024**2), b""))
