"""Projects: the database decides, its copy on the host serves while the database is away. Spec section 7."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from codeb.adapters.files import write_atomically
from codeb.adapters.postgres.projects import ProjectRows
from codeb.domain.names import EnvironmentName
from codeb.domain.project import Project, ProjectSettings, UnknownProject
from codeb.errors import Unavailable

_PROJECT = TypeAdapter(Project)
_MAX_DISTANCE = 3


@dataclass(frozen=True, slots=True)
class ProjectCopies:
    """``directory`` holds ``{project}.json``."""

    directory: Path

    def find(self, name: str) -> Project | None:
        try:
            return _PROJECT.validate_json((self.directory / f"{name}.json").read_bytes())
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.directory.glob("*.json"))

    def keep(self, project: Project) -> None:
        if self.find(project.name) != project:
            write_atomically(self.directory / f"{project.name}.json", _PROJECT.dump_json(project, indent=2))

    def forget(self, name: str) -> None:
        (self.directory / f"{name}.json").unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class StoredProjects:
    rows: ProjectRows
    copies: ProjectCopies

    def get(self, name: str) -> Project:
        try:
            project = self.rows.find(name)
        except Unavailable:
            project = self.copies.find(name)
        else:
            if project is None:
                self.copies.forget(name)
            else:
                self.copies.keep(project)
        if project is None:
            raise UnknownProject(name, self._closest(name))
        return project

    def all(self) -> Sequence[Project]:
        with contextlib.suppress(Unavailable):
            return self.rows.all()
        found = (self.copies.find(name) for name in self.copies.names())
        return [project for project in found if project is not None]

    def create(
        self, name: str, *, team_id: str, type: str, environments: Sequence[EnvironmentName], settings: ProjectSettings
    ) -> Project:
        project = self.rows.create(name, team_id=team_id, type=type, environments=environments, settings=settings)
        self.copies.keep(project)
        return project

    def update_settings(self, name: str, settings: ProjectSettings) -> Project:
        self.rows.update_settings(name, settings)
        return self.get(name)

    def require_writable(self) -> None:
        self.rows.require_writable()

    def delete(self, name: str) -> None:
        self.rows.delete(name)
        self.copies.forget(name)

    def _closest(self, name: str) -> tuple[str, ...]:
        known = [project.name for project in self.all()]
        hits = process.extract(name, known, scorer=Levenshtein.distance, score_cutoff=_MAX_DISTANCE, limit=3)
        return tuple(hit[0] for hit in hits)
