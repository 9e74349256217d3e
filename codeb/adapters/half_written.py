"""Files that a process was writing when it was killed: nobody reads them, and they may hold variables."""

import time
from dataclasses import dataclass
from pathlib import Path

from codeb.adapters.files import TEMPORARY

_OLD_SECONDS = 600.0
"""A file that is written is there for moments."""


@dataclass(frozen=True, slots=True)
class HalfWritten:
    """``places`` are looked through with all that is below them."""

    places: tuple[Path, ...]
    older_than: float = _OLD_SECONDS

    def sweep(self) -> None:
        limit = time.time() - self.older_than
        for place in self.places:
            for path in place.rglob(f".*{TEMPORARY}"):
                _remove(path, limit)


def _remove(path: Path, limit: float) -> None:
    """Its writer may be renaming it right now; then it is no leftover."""
    try:
        if path.is_file() and path.stat().st_mtime < limit:
            path.unlink()
    except OSError:
        return
