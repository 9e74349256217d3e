"""The database adapters against a real PostgreSQL. Spec sections 2 and 7."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.env_files import DotenvFiles
from codeb.adapters.journal import FileJournal
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.envs import EnvRows
from codeb.adapters.postgres.history import PostgresHistory
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.projects import ProjectCopies, StoredProjects
from codeb.domain.deployment import Deployment, DeploymentStatus
from codeb.domain.events import EventKind
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.project import Project, ProjectExists, ProjectSettings, UnknownProject
from codeb.domain.records import deployment_record, pair_record
from codeb.domain.slots import Release, SlotPair
from codeb.errors import ConfigError, InvalidInput, Unavailable
from codeb.services.protocols import EnvVersion
from codeb.settings import Database as DatabaseSettings
from codeb.settings import Secret

pytestmark = pytest.mark.integration

BLOG = Environment.of("blog")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def make(projects: ProjectRows | StoredProjects, name: str) -> Project:
    return projects.create(
        name, team_id="team-a", type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
    )


@pytest.fixture
def away(postgres_settings: DatabaseSettings) -> Database:
    """A database that does not answer."""
    return Database.open(replace(postgres_settings, port=1))


def test_migrations_run_once_also_when_two_servers_start_at_once(database: Database) -> None:
    assert database.migrate() == []
    with database.transaction() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    with ThreadPoolExecutor(2) as pool:
        applied = list(pool.map(lambda _: database.migrate(), range(2)))
    assert sorted(map(len, applied)) == [0, 1]


def test_ten_projects_made_at_once_have_ten_pairs(database: Database) -> None:
    rows = ProjectRows(database, "codeb.test")
    start = threading.Barrier(10)

    def one(number: int) -> int:
        start.wait()
        return make(rows, f"app{number}").ports[EnvironmentName.PRODUCTION].blue

    with ThreadPoolExecutor(10) as pool:
        blues = sorted(pool.map(one, range(10)))
    assert blues == list(range(4100, 4120, 2))


def test_a_freed_pair_is_given_again(database: Database) -> None:
    rows = ProjectRows(database, "codeb.test")
    make(rows, "one")
    make(rows, "two")
    rows.delete("one")
    assert make(rows, "three").ports[EnvironmentName.PRODUCTION].blue == 4100


def test_a_project_exists_once_and_its_hosts_belong_to_it_alone(database: Database) -> None:
    rows = ProjectRows(database, "codeb.test")
    make(rows, "blog")
    with pytest.raises(ProjectExists):
        make(rows, "blog")
    with database.transaction() as connection:
        connection.execute("UPDATE domains SET domain = 'shop.codeb.test' WHERE domain = 'blog.codeb.test'")
    with pytest.raises(InvalidInput, match=r"shop\.codeb\.test belongs to another project"):
        make(rows, "shop")
    assert rows.find("shop") is None


def test_an_unknown_project_names_the_closest(database: Database, tmp_path: Path) -> None:
    projects = StoredProjects(ProjectRows(database, "codeb.test"), ProjectCopies(tmp_path))
    make(projects, "webshop")
    with pytest.raises(UnknownProject, match="did you mean webshop"):
        projects.get("webshp")


def test_a_known_project_is_read_from_its_copy_while_the_database_is_away(
    database: Database, away: Database, tmp_path: Path
) -> None:
    copies = ProjectCopies(tmp_path)
    project = make(StoredProjects(ProjectRows(database, "codeb.test"), copies), "blog")
    degraded = StoredProjects(ProjectRows(away, "codeb.test"), copies)
    assert degraded.get("blog") == project
    assert degraded.all() == [project]
    with pytest.raises(UnknownProject):
        degraded.get("shop")
    with pytest.raises(Unavailable):
        make(degraded, "shop")


def test_every_write_of_variables_is_a_version_and_unreadable_in_the_table(database: Database, tmp_path: Path) -> None:
    make(ProjectRows(database, "codeb.test"), "blog")
    envs = EnvRows(database, Secret("key one"), DotenvFiles(tmp_path))
    assert envs.current(BLOG) == EnvVersion(0, {})
    envs.write(BLOG, {"TOKEN": "hunter2"}, "me")
    assert envs.write(BLOG, {"TOKEN": "hunter3"}, "me").version == 2
    assert envs.current(BLOG) == EnvVersion(2, {"TOKEN": "hunter3"})
    with database.transaction() as connection:
        stored = [bytes(row["encrypted"]) for row in connection.execute("SELECT encrypted FROM project_envs")]
    assert len(stored) == 2
    assert not any(b"hunter" in sealed for sealed in stored)
    with pytest.raises(ConfigError, match="CODEB_ENV_KEY"):
        EnvRows(database, Secret("key two"), DotenvFiles(tmp_path)).current(BLOG)


def test_while_the_database_is_away_the_last_deployed_variables_serve(away: Database, tmp_path: Path) -> None:
    copies = DotenvFiles(tmp_path)
    copies.write(BLOG, EnvVersion(7, {"A": "1"}))
    assert EnvRows(away, Secret("k"), copies).current(BLOG) == EnvVersion(7, {"A": "1"})


def test_the_journal_is_brought_in_once_and_after_an_outage_whole(
    database: Database, away: Database, tmp_path: Path
) -> None:
    project = make(ProjectRows(database, "codeb.test"), "blog")
    journal = FileJournal(tmp_path, SystemClock())
    pair = SlotPair.fresh(BLOG, project.ports[EnvironmentName.PRODUCTION])
    deployment = Deployment("dep_1", BLOG, "r/blog:v1", "v1", "me", "cli", NOW, SlotName.BLUE)
    for status in (DeploymentStatus.PENDING, DeploymentStatus.SUCCESS):
        record = deployment_record(replace(deployment, status=status))
        journal.append(BLOG, EventKind.DEPLOYMENT, generation=0, by="me", why="deploy", data={"deployment": record})
    release = Release("dep_1", "r/blog:v1", "r/blog@sha256:1", "v1", 1, "s", NOW, "me")
    promoted = pair.deployed(SlotName.BLUE, release).promoted(NOW, "me")
    data = {"slots": pair_record(promoted), "transition": "promote", "deployment": "dep_1", "receipt": {"word": "blue"}}
    journal.append(BLOG, EventKind.SWITCHED, generation=promoted.generation, by="me", why="promote", data=data)

    assert not PostgresHistory(away, journal).project(BLOG)
    history = PostgresHistory(database, journal)
    assert history.project(BLOG)
    assert history.project(BLOG)
    (stored,) = history.deployments("blog", EnvironmentName.PRODUCTION, 10)
    assert (stored.status, stored.promoted_by, stored.receipt) == (DeploymentStatus.SUCCESS, "me", {"word": "blue"})
    with database.transaction() as connection:
        row = connection.execute("SELECT * FROM project_slots WHERE environment = 'production'").fetchone()
    assert row is not None
    assert (row["active_slot"], row["generation"], row["blue"]["deploymentId"]) == ("blue", 2, "dep_1")


def test_text_that_jsonb_refuses_does_not_stop_the_history(database: Database, tmp_path: Path) -> None:
    make(ProjectRows(database, "codeb.test"), "blog")
    journal = FileJournal(tmp_path, SystemClock())
    deployment = Deployment("dep_1", BLOG, "r/blog:v1", "v1", "me", "cli", NOW, error="a\0b \ud800 c:\\u0000")
    data = {"deployment": deployment_record(deployment)}
    journal.append(BLOG, EventKind.DEPLOYMENT, generation=0, by="me", why="deploy", data=data)
    history = PostgresHistory(database, journal)
    assert history.project(BLOG)
    assert history.deployments("blog", None, 1)[0].error == "ab ? c:\\u0000"


def test_an_older_generation_never_overwrites_a_newer_one(database: Database, tmp_path: Path) -> None:
    project = make(ProjectRows(database, "codeb.test"), "blog")
    pair = SlotPair.fresh(BLOG, project.ports[EnvironmentName.PRODUCTION])
    journal = FileJournal(tmp_path, SystemClock())
    for generation in (5, 3):
        record = pair_record(replace(pair, generation=generation))
        journal.append(BLOG, EventKind.SLOTS, generation=generation, by="me", why="", data={"slots": record})
        PostgresHistory(database, journal).project(BLOG)
    with database.transaction() as connection:
        row = connection.execute("SELECT generation FROM project_slots WHERE environment = 'production'").fetchone()
    assert row is not None
    assert row["generation"] == 5
