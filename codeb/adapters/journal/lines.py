"""Append-only files of lines: durable, whole, and safe between processes by ``flock``. Design section 2."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codeb.adapters import looks
from codeb.adapters.files import sync_directory


@contextmanager
def opened(path: Path, operation: int) -> Iterator[int]:
    """The file of this name, locked; one that was replaced while we waited is opened again.

    With ``LOCK_EX`` for writing, and made when missing; with ``LOCK_SH`` for reading, raising FileNotFoundError.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT if operation == fcntl.LOCK_EX else os.O_RDONLY
    while True:
        handle = os.open(path, flags, 0o600)
        try:
            fcntl.flock(handle, operation)
            if names(path, handle):
                yield handle
                return
        finally:
            os.close(handle)


def names(path: Path, handle: int) -> bool:
    """Whether ``path`` is the name of the open file still."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def append(path: Path, line: bytes) -> None:
    """Add ``line`` and fsync; raises OSError, and then the file is as it was before."""
    with opened(path, fcntl.LOCK_EX) as handle:
        size = _drop_torn_tail(handle)
        try:
            _write_whole(handle, line)
            os.fsync(handle)
        except BaseException:
            os.ftruncate(handle, size)
            raise
        finally:
            looks.forget(path)
        if size == 0:
            sync_directory(path.parent)


def read_from(handle: int, offset: int) -> bytes:
    """Everything from ``offset`` on."""
    parts = []
    while part := os.pread(handle, 1 << 20, offset):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


def _write_whole(handle: int, data: bytes) -> None:
    """A disk that becomes full takes a part first, and refuses the rest."""
    while data:
        data = data[os.write(handle, data) :]


def _drop_torn_tail(handle: int) -> int:
    """A crash may have left half a line, which never counted as written. Returns the size of what did."""
    size = os.fstat(handle).st_size
    if size == 0 or os.pread(handle, 1, size - 1) == b"\n":
        return size
    whole = read_from(handle, 0).rfind(b"\n") + 1
    os.ftruncate(handle, whole)
    return whole
