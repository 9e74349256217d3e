"""Atomic files: a reader sees the old content or the new one, never a part. Spec section 8."""

import contextlib
import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, content: bytes | str, *, mode: int = 0o600) -> None:
    """Write beside ``path``, set mode and group (the directory's, where others may read), fsync, rename."""
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            if mode & 0o070:
                os.fchown(file.fileno(), -1, path.parent.stat().st_gid)
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make renames and new names in ``directory`` durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
