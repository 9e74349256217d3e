"""Projects: the database decides, its copy on the host serves while the database is away. Spec section 7."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from pydantic import TypeAdapter

from codeb.adapters import looks
from codeb.adapters.files import write_atomically
from codeb.adapters.postgres.projects import ProjectRows
from codeb.domain.names import EnvironmentName
from codeb.domain.project import Project, ProjectSettings, UnknownProject
from codeb.errors import Unavailable

_log = structlog.get_logger()
_PROJECT = TypeAdapter(Project)
_MAX_DISTANCE = 3


@dataclass(frozen=True, slots=True)
class ProjectCopies:
    """``directory`` holds ``{project}.json``."""

    directory: Path

    def find(self, name: str) -> Project | None:
        """None where there is no copy, or one that cannot be read."""
        try:
            return _PROJECT.validate_json(self._path(name).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _log.warning("project_copy_damaged", project=name, reason=str(error).splitlines()[0])
            return None

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.directory.glob("*.json"))

    def keep(self, project: Project) -> None:
        """A copy that cannot be written is behind, and no failure of what the database has."""
        if self.find(project.name) == project:
            return
        try:
            write_atomically(self._path(project.name), _PROJECT.dump_json(project, indent=2))
        except OSError as error:
            _log.warning("project_copy_behind", project=project.name, reason=str(error))

    def forget(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)
        looks.forget(self._path(name))

    def _path(self, name: str) -> Path:
        return self.directory / f"{name}.json"


@dataclass(slots=True)
class Changes:
    """How many this process has made."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class StoredProjects:
    rows: ProjectRows
    copies: ProjectCopies
    changes: Changes = field(default_factory=Changes, repr=False, compare=False)

    def get(self, name: str) -> Project:
        try:
            project = self.rows.find(name)
        except Unavailable:
            project = self.copies.find(name)
            if project is None and name in self.copies.names():
                raise
        else:
            if project is not None:
                self.copies.keep(project)
        if project is None:
            raise UnknownProject(name, self._closest(name))
        return project

    def all(self) -> Sequence[Project]:
        with contextlib.suppress(Unavailable):
            return self.rows.all()
        return self.copied()

    def copied(self) -> Sequence[Project]:
        """What the host itself has, for when the database is away."""
        found = (self.copies.find(name) for name in self.copies.names())
        return [project for project in found if project is not None]

    def create(
        self,
        name: str,
        *,
        team_id: str,
        type: str,
        environments: Sequence[EnvironmentName],
        settings: ProjectSettings,
        at_most: int | None = None,
    ) -> Project:
        project = self.rows.create(
            name, team_id=team_id, type=type, environments=environments, settings=settings, at_most=at_most
        )
        self.copies.keep(project)
        self.changes.count += 1
        return project

    def update_settings(self, name: str, settings: ProjectSettings) -> Project:
        project = self.rows.update_settings(name, settings)
        if project is None:
            raise UnknownProject(name, self._closest(name))
        self.copies.keep(project)
        self.changes.count += 1
        return project

    def reread(self, name: str) -> Project:
        """As the database has it now, after its domains changed there; whatever is held of it is brought up to date."""
        project = self.rows.find(name)
        if project is None:
            raise UnknownProject(name, self._closest(name))
        self.copies.keep(project)
        return project

    def require_writable(self) -> None:
        self.rows.require_writable()

    def delete(self, name: str) -> None:
        self.rows.delete(name)
        self.copies.forget(name)
        self.changes.count += 1

    def _closest(self, name: str) -> tuple[str, ...]:
        """The library is loaded when the first name is wrong: nearly none is, and it takes 3 MB."""
        from rapidfuzz import process
        from rapidfuzz.distance import Levenshtein

        hits = process.extract(name, self._names(), scorer=Levenshtein.distance, score_cutoff=_MAX_DISTANCE, limit=3)
        return tuple(hit[0] for hit in hits)

    def _names(self) -> list[str]:
        try:
            return self.rows.names()
        except Unavailable:
            return self.copies.names()
