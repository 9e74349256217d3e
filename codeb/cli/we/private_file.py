"""A file with secrets on the machine of whoever works with ``we``: theirs alone, whole at every moment."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from codeb.errors import Unwritable


def write_private(path: Path, text: str) -> None:
    """0600 before it has its name. A link is followed, so that what it names is what changes. Raises Unwritable."""
    target = path.resolve()
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise Unwritable(path, error.strerror or str(error)) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except OSError as error:
        raise Unwritable(path, error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            Path(temporary).unlink()
