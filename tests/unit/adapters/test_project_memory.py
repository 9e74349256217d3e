"""Projects in memory: as current as the host can know, whoever changed them. Decision 0015."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.project_memory import ProjectMemory
from codeb.adapters.projects import ProjectCopies, StoredProjects
from codeb.domain.names import EnvironmentName
from codeb.domain.ports import PortPair
from codeb.domain.project import Project, ProjectSettings
from codeb.errors import Unavailable
from tests.samples import NOW


@dataclass
class Rows:
    """The table, and how often it was read."""

    projects: dict[str, Project] = field(default_factory=dict)
    away: bool = False
    read: int = 0

    def all(self) -> Sequence[Project]:
        if self.away:
            raise Unavailable("the database", "connection refused")
        self.read += 1
        return list(self.projects.values())

    def create(self, name: str, **facts: object) -> Project:
        self.projects[name] = project(name)
        return self.projects[name]

    def update_settings(self, name: str, settings: ProjectSettings) -> Project:
        self.projects[name] = replace(self.projects[name], settings=settings)
        return self.projects[name]

    def delete(self, name: str) -> None:
        del self.projects[name]


@dataclass
class Ticks:
    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


def project(name: str) -> Project:
    ports = {EnvironmentName.PRODUCTION: PortPair(4100)}
    return Project(name, "team-a", "nodejs", ProjectSettings(), ports, {}, NOW)


@pytest.fixture
def rows() -> Rows:
    return Rows({"blog": project("blog")})


@pytest.fixture
def stored(tmp_path: Path, rows: Rows) -> StoredProjects:
    return StoredProjects(cast(ProjectRows, rows), ProjectCopies(tmp_path))


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def memory(stored: StoredProjects, ticks: Ticks) -> ProjectMemory:
    memory = ProjectMemory(stored, ticks)
    memory.refresh()
    return memory


def make(stored: StoredProjects, name: str) -> None:
    stored.create(name, team_id="team-a", type="nodejs", environments=(), settings=ProjectSettings())


def test_before_the_first_reading_nothing_is_known(stored: StoredProjects) -> None:
    memory = ProjectMemory(stored)
    assert (memory.get("blog"), memory.all()) == (None, None)


def test_what_was_read_is_told_without_reading_again(memory: ProjectMemory, rows: Rows) -> None:
    memory.refresh()
    assert memory.get("blog") == project("blog")
    assert memory.get("shop") is None
    assert rows.read == 1


def test_what_this_process_changes_is_never_told_as_it_was(memory: ProjectMemory, stored: StoredProjects) -> None:
    """Also where the directory's clock has not moved on since the reading."""
    changed = stored.copies.directory.stat().st_mtime_ns
    make(stored, "shop")
    os.utime(stored.copies.directory, ns=(changed, changed))
    assert memory.all() is None
    memory.refresh()
    assert {each.name for each in memory.all() or ()} == {"blog", "shop"}
    stored.update_settings("blog", ProjectSettings(port=8080))
    os.utime(stored.copies.directory, ns=(changed, changed))
    assert memory.get("blog") is None
    memory.refresh()
    stored.delete("shop")
    assert memory.get("shop") is None


def test_what_another_process_of_the_host_changes_is_seen_at_once(
    tmp_path: Path, memory: ProjectMemory, rows: Rows
) -> None:
    make(StoredProjects(cast(ProjectRows, rows), ProjectCopies(tmp_path)), "shop")
    assert memory.get("blog") is None
    memory.refresh()
    assert memory.get("shop") == project("shop")


def test_what_was_changed_elsewhere_is_seen_by_the_next_reading(
    memory: ProjectMemory, rows: Rows, ticks: Ticks
) -> None:
    rows.projects["shop"] = project("shop")
    ticks.seconds += 6
    assert memory.get("blog") is not None
    memory.refresh()
    assert memory.get("shop") == project("shop")


def test_what_nobody_reads_again_counts_no_more(memory: ProjectMemory, ticks: Ticks) -> None:
    ticks.seconds += 21
    assert (memory.get("blog"), memory.all()) == (None, None)


def test_while_the_database_is_away_what_it_said_last_stands(memory: ProjectMemory, rows: Rows, ticks: Ticks) -> None:
    rows.away = True
    for _ in range(10):
        ticks.seconds += 6
        memory.refresh()
    assert memory.get("blog") == project("blog")


def test_a_start_without_a_database_has_the_copies(stored: StoredProjects, rows: Rows, ticks: Ticks) -> None:
    make(stored, "shop")
    rows.away = True
    memory = ProjectMemory(stored, ticks)
    memory.refresh()
    assert [each.name for each in memory.all() or ()] == ["shop"]


def test_without_the_directory_of_copies_nothing_is_told_from_memory(memory: ProjectMemory, tmp_path: Path) -> None:
    tmp_path.rmdir()
    assert memory.get("blog") is None
    memory.refresh()
    assert memory.get("blog") is None
