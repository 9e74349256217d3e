"""Atomic files: a reader sees the old content or the new one, never a part. Spec section 8."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from codeb.adapters import looks
from codeb.errors import Unwritable

TEMPORARY = ".new"
"""How the names of files end that are being written."""


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the system refuses in the block is Unwritable, a sentence that names ``path``."""
    try:
        yield
    except OSError as error:
        raise Unwritable(path, error.strerror or str(error)) from error


def write_atomically(path: Path, content: bytes | str, *, mode: int = 0o600) -> None:
    """Write beside ``path``, set mode and group (the directory's, where others may read), fsync, rename.

    Raises Unwritable, and then the old content stands.
    """
    data = content.encode() if isinstance(content, str) else content
    with writing(path):
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
        try:
            _fill(handle, data, mode, path.parent)
            Path(temporary).replace(path)
            looks.forget(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
        sync_directory(path.parent)


def _fill(handle: int, data: bytes, mode: int, directory: Path) -> None:
    """Durable, with its mode, before anybody sees its name. A disk that is full says so again when it is closed."""
    try:
        if mode & 0o070:
            os.fchown(handle, -1, directory.stat().st_gid)
        os.fchmod(handle, mode)
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_directory(directory: Path) -> None:
    """Make renames and new names in ``directory`` durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
