"""Projects in memory, for showing: current as far as this host can know, and never older than a few seconds.

Whoever changes a project, in whichever process of the host, also writes its copy into one directory: the time of that
directory's change says whether what was read still holds. What changes elsewhere is seen by the next reading.
Decision 0015.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from codeb.adapters import looks
from codeb.adapters.projects import StoredProjects
from codeb.domain.project import Project
from codeb.errors import Unavailable

_AGAIN = 5.0
_TOO_OLD = 20.0
_MOMENT = 0.02
"""Seconds after a reading: when the next one is due, and when it counts no more because none came."""

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Reading:
    at: float = float("-inf")
    stamp: Stamp | None = None
    projects: tuple[Project, ...] = ()
    by_name: Mapping[str, Project] = field(default_factory=dict)


@dataclass(slots=True)
class ProjectMemory:
    """Read by any thread, refreshed by one; a reading is replaced whole."""

    stored: StoredProjects
    monotonic: Callable[[], float] = time.monotonic
    _last: _Reading = field(default_factory=_Reading)

    def get(self, name: str) -> Project | None:
        """None for an unknown name as well: the database may know it."""
        last = self._last
        return last.by_name.get(name) if self._holds(last) else None

    def all(self) -> Sequence[Project] | None:
        """The very tuple of before while they are the same."""
        last = self._last
        return last.projects if self._holds(last) else None

    def refresh(self) -> None:
        """Read again what was changed or is due. While the database is away, what it said last stands."""
        last, stamp, now = self._last, self._stamp(), self.monotonic()
        if stamp == last.stamp and now < last.at + _AGAIN:
            return
        try:
            found = self.stored.rows.all()
        except Unavailable:
            known = stamp is not None and stamp == last.stamp
            found = last.projects if known else self.stored.copied()
        projects = last.projects if tuple(found) == last.projects else tuple(found)
        self._last = _Reading(now, stamp, projects, {project.name: project for project in projects})

    def _holds(self, reading: _Reading) -> bool:
        stamp = reading.stamp
        return stamp is not None and stamp == self._stamp() and self.monotonic() < reading.at + _TOO_OLD

    def _stamp(self) -> Stamp | None:
        """Of a moment ago at most. Our own changes are counted: the clock of a directory is coarse."""
        try:
            changed = looks.stat(self.stored.copies.directory, _MOMENT).st_mtime_ns
        except OSError:
            return None
        return self.stored.changes.count, changed
