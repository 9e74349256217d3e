"""When a file was last looked at: a look is a system call, and on the path of every request that is one too many.

A server holds on to what it saw for a moment. What this process writes it sees at once, because whoever writes calls
:func:`forget`; of what others write it learns when the moment is over. Every other process looks each time.
"""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

_MOST = 20_000


@dataclass(slots=True)
class Looks:
    """From any thread."""

    holding: bool = False
    _seen: dict[Path, tuple[float, os.stat_result]] = field(default_factory=dict)
    _changes: int = 0

    def stat(self, path: Path, hold: float) -> os.stat_result:
        """As it was at most ``hold`` seconds ago; raises OSError."""
        if not self.holding:
            return os.stat(path)  # noqa: PTH116  the quicker of the two, and this is for the request's path
        seen, now = self._seen.get(path), time.monotonic()
        if seen is not None and now < seen[0]:
            return seen[1]
        changes = self._changes
        found = os.stat(path)  # noqa: PTH116
        if len(self._seen) < _MOST:
            self._seen[path] = (now + hold, found)
        if changes != self._changes:
            self._seen.pop(path, None)
        return found

    def moment(self, hold: float) -> "Moment":
        """Begins now: what is made of many looks is held as one of them would be, see :meth:`lasts`."""
        return Moment(self._changes, time.monotonic() + hold)

    def lasts(self, moment: "Moment") -> bool:
        """Whether it is not over, and this process has written nothing since it began."""
        return self.holding and moment.changes == self._changes and time.monotonic() < moment.until

    def forget(self, path: Path) -> None:
        """``path`` was written, or goes; so does its directory's time of change."""
        self._changes += 1
        self._seen.pop(path, None)
        self._seen.pop(path.parent, None)


@dataclass(frozen=True, slots=True)
class Moment:
    """``until`` in seconds of the monotonic clock; ``changes`` is how often this process had written."""

    changes: int
    until: float


_looks = Looks()


def hold_looks() -> None:
    """For a server, once at its start."""
    _looks.holding = True


stat = _looks.stat
moment = _looks.moment
lasts = _looks.lasts
forget = _looks.forget
