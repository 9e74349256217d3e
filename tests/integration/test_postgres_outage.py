"""PostgreSQL stopped and started again under everything that uses it. Spec section 7, degraded mode."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.env_files import DotenvFiles
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.envs import EnvRows
from codeb.adapters.postgres.history import PostgresHistory
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.projects import ProjectCopies, StoredProjects
from codeb.domain.names import EnvironmentName
from codeb.domain.project import ProjectSettings, UnknownProject
from codeb.errors import Unavailable
from codeb.services.protocols import EnvVersion
from codeb.settings import Secret
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import until
from tests.samples import BLOG, PAIR, dep, released

pytestmark = pytest.mark.integration


@dataclass
class Records:
    """Everything that speaks to the database, with copies on the host."""

    database: Database
    journal: FileJournal
    projects: StoredProjects
    history: PostgresHistory
    envs: EnvRows

    def create(self, name: str) -> None:
        environments = tuple(EnvironmentName)
        self.projects.create(
            name, team_id="team-a", type="nodejs", environments=environments, settings=ProjectSettings()
        )

    @property
    def impossible(self) -> dict[str, Callable[[], object]]:
        """What nobody but the database can do."""
        return {
            "create": lambda: self.create("shop"),
            "update": lambda: self.projects.update_settings("blog", ProjectSettings(port=1)),
            "writable": self.projects.require_writable,
            "delete": lambda: self.projects.delete("blog"),
            "write env": lambda: self.envs.write(BLOG, {"A": "2"}, "me"),
            "an env that no deploy ran with": lambda: self.envs.version(BLOG, 9),
            "restore": lambda: self.history.restore(BLOG),
            "conflicts": self.history.conflicts,
            "migrate": self.database.migrate,
        }


@pytest.fixture
def records(database: Database, postgres: PostgresProcess, tmp_path: Path) -> Iterator[Records]:
    for name in ("journal", "projects", "env"):
        (tmp_path / name).mkdir()
    journal = FileJournal(tmp_path / "journal", SystemClock())
    copies = DotenvFiles(tmp_path / "env")
    records = Records(
        database=database,
        journal=journal,
        projects=StoredProjects(ProjectRows(database, "codeb.test"), ProjectCopies(tmp_path / "projects")),
        history=PostgresHistory(database, journal),
        envs=EnvRows(database, Secret("key"), copies),
    )
    records.create("blog")
    for value in ("0", "1"):
        copies.write(BLOG, records.envs.write(BLOG, {"A": value}, "me"))
    try:
        yield records
    finally:
        postgres.start()
        until(database.available, "the database answers again")


def test_while_it_is_stopped_what_is_known_works_and_the_rest_says_so(
    records: Records, postgres: PostgresProcess
) -> None:
    project = records.projects.get("blog")
    postgres.stop()
    for name, method in records.impossible.items():
        with pytest.raises(Unavailable, match="the database"):
            pytest.fail(f"{name} answered {method()}")
    assert records.projects.get("blog") == project
    assert records.projects.all() == [project]
    assert dict(records.envs.version(BLOG, 1).variables) == {"A": "0"}
    assert records.envs.current(BLOG) == records.envs.version(BLOG, 2) == EnvVersion(2, {"A": "1"})
    pair = released(records.journal, 1, PAIR)
    assert not records.history.project(BLOG)
    assert [each.id for each in records.history.deployments("blog", None, 10)] == [dep(1)]
    assert not records.database.available()

    postgres.start()
    until(records.database.available, "the database answers again")
    assert records.history.project(BLOG)
    assert records.history.restore(BLOG) == pair
    assert records.envs.write(BLOG, {"A": "2"}, "me").version == 3
    records.projects.require_writable()
    records.create("shop")
    assert [each.id for each in records.history.deployments("blog", None, 10)] == [dep(1)]


def test_it_is_found_away_at_the_very_first_question_without_waiting_for_a_connection(away: Database) -> None:
    """The pool would wait for its whole time; a refused connection says it at once."""
    away.pool.timeout = 3600
    with pytest.raises(Unavailable, match="refused"), away.transaction():
        pass


def test_a_transaction_that_it_stops_in_is_no_half(records: Records, postgres: PostgresProcess) -> None:
    with pytest.raises(Unavailable), records.database.transaction() as connection:
        connection.execute("DELETE FROM projects")
        postgres.stop()
        connection.execute("SELECT 1")
    postgres.start()
    until(records.database.available, "the database answers again")
    assert [project.name for project in records.projects.all()] == ["blog"]


def test_it_restarts_under_many_threads_and_every_one_goes_on(records: Records, postgres: PostgresProcess) -> None:
    """A restart may be felt as Unavailable, never as another error, and connections of before are not given out."""
    stop = threading.Event()

    def ask() -> int:
        answers = 0
        while not stop.is_set() or answers == 0:
            try:
                records.projects.require_writable()
                answers += 1
            except Unavailable:
                answers = 0
        return answers

    with ThreadPoolExecutor(12) as pool:
        asking = [pool.submit(ask) for _ in range(12)]
        postgres.stop()
        postgres.start()
        stop.set()
        assert all(each.result() > 0 for each in asking)


def test_a_row_that_somebody_keeps_locked_is_waited_for_in_vain_but_not_for_ever(
    records: Records, database: Database
) -> None:
    with database.transaction() as holder:
        holder.execute("SELECT 1 FROM project_slots FOR UPDATE")
        assert not records.history.project(BLOG)
        assert database.available()
    assert records.history.project(BLOG)


def test_one_alone_knocks_at_a_silent_database_and_the_others_are_told_at_once(away: Database) -> None:
    with pytest.raises(Unavailable), away.transaction():
        pytest.fail("there is no database")
    away._away.until = 0.0
    with away._away.knocking, pytest.raises(Unavailable), away.transaction():
        pytest.fail("somebody knocks already")


def test_a_row_that_is_missing_leaves_the_hosts_copy_of_its_project(records: Records) -> None:
    with records.database.transaction() as connection:
        connection.execute("DELETE FROM projects WHERE name = 'blog'")
    with pytest.raises(UnknownProject):
        records.projects.get("blog")
    assert records.projects.copies.find("blog") is not None, "it may be all that is left of it"
