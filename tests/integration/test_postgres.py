"""The database adapters against a real PostgreSQL. Spec sections 2 and 7."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest

from codeb.adapters.env_files import DotenvFiles
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.envs import EnvRows
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.projects import ProjectCopies, StoredProjects
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.project import Project, ProjectExists, ProjectSettings, UnknownProject
from codeb.errors import ConfigError, InvalidInput, Unavailable
from codeb.services.errors import UnknownEnvironment, UnknownEnvVersion
from codeb.services.protocols import EnvVersion
from codeb.settings import Secret

pytestmark = pytest.mark.integration

BLOG = Environment.of("blog")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def make(projects: ProjectRows | StoredProjects, name: str) -> Project:
    return projects.create(
        name, team_id="team-a", type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
    )


def test_migrations_run_once_also_when_two_servers_start_at_once(database: Database) -> None:
    assert database.migrate() == []
    with database.transaction() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    with ThreadPoolExecutor(2) as pool:
        applied = list(pool.map(lambda _: database.migrate(), range(2)))
    known = [file.name for file in resources.files("codeb.migrations").iterdir() if file.name.endswith(".sql")]
    assert sorted(applied, key=len) == [[], sorted(known)]


def test_twenty_projects_made_at_once_have_twenty_pairs(database: Database) -> None:
    rows = ProjectRows(database, "codeb.test")
    start = threading.Barrier(20)

    def one(number: int) -> int:
        start.wait()
        return make(rows, f"app{number}").ports[EnvironmentName.PRODUCTION].blue

    with ThreadPoolExecutor(20) as pool:
        blues = sorted(pool.map(one, range(20)))
    assert blues == list(range(4100, 4140, 2))
    with database.transaction() as connection:
        ports = [row["blue_port"] for row in connection.execute("SELECT blue_port FROM project_slots")]
    assert len(set(ports)) == 60


def test_of_twenty_who_want_one_name_one_gets_it(database: Database) -> None:
    rows = ProjectRows(database, "codeb.test")
    start = threading.Barrier(20)

    def one(_: int) -> bool:
        start.wait()
        try:
            make(rows, "blog")
        except ProjectExists:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(one, range(20))) == [False] * 19 + [True]


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


def test_changed_settings_are_in_the_database_and_in_the_copy(
    database: Database, away: Database, tmp_path: Path
) -> None:
    copies = ProjectCopies(tmp_path)
    projects = StoredProjects(ProjectRows(database, "codeb.test"), copies)
    make(projects, "blog")
    settings = ProjectSettings(port=8080, migrate=("bin/migrate",))
    assert projects.update_settings("blog", settings).settings == settings
    assert projects.get("blog").settings == settings
    assert StoredProjects(ProjectRows(away, "codeb.test"), copies).get("blog").settings == settings
    with pytest.raises(UnknownProject, match="did you mean blog"):
        projects.update_settings("blogg", settings)
    with pytest.raises(Unavailable):
        StoredProjects(ProjectRows(away, "codeb.test"), copies).update_settings("blog", ProjectSettings())


def test_a_damaged_copy_hides_its_own_project_only_while_the_database_is_away(
    database: Database, away: Database, tmp_path: Path
) -> None:
    copies = ProjectCopies(tmp_path)
    projects = StoredProjects(ProjectRows(database, "codeb.test"), copies)
    blog, shop = make(projects, "blog"), make(projects, "shop")
    degraded = StoredProjects(ProjectRows(away, "codeb.test"), copies)
    (tmp_path / "blog.json").write_text('{"name": "bl')
    assert degraded.all() == [shop]
    with pytest.raises(Unavailable):
        degraded.get("blog")
    with pytest.raises(UnknownProject, match="did you mean blog"):
        degraded.get("blogg")
    assert projects.get("blog") == blog
    assert degraded.get("blog") == blog


def test_a_copy_that_cannot_be_written_does_not_take_back_what_the_database_has(
    database: Database, tmp_path: Path
) -> None:
    projects = StoredProjects(ProjectRows(database, "codeb.test"), ProjectCopies(tmp_path / "missing"))
    assert make(projects, "blog") == projects.get("blog")


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
    with pytest.raises(UnknownEnvironment):
        envs.write(Environment.of("gone"), {}, "me")
    with pytest.raises(ConfigError, match="CODEB_ENV_KEY"):
        EnvRows(database, Secret("key two"), DotenvFiles(tmp_path)).current(BLOG)


def test_while_the_database_is_away_the_last_deployed_variables_serve(away: Database, tmp_path: Path) -> None:
    copies = DotenvFiles(tmp_path)
    copies.write(BLOG, EnvVersion(7, {"A": "1"}))
    assert EnvRows(away, Secret("k"), copies).current(BLOG) == EnvVersion(7, {"A": "1"})


def test_an_old_version_of_the_variables_is_had_again(database: Database, away: Database, tmp_path: Path) -> None:
    make(ProjectRows(database, "codeb.test"), "blog")
    copies = DotenvFiles(tmp_path)
    envs = EnvRows(database, Secret("key one"), copies)
    for token in ("one", "two"):
        envs.write(BLOG, {"TOKEN": token}, "me")
    assert envs.version(BLOG, 1) == EnvVersion(1, {"TOKEN": "one"})
    assert envs.version(BLOG, 2) == EnvVersion(2, {"TOKEN": "two"})
    for number in (3, -1, 2**40):
        with pytest.raises(UnknownEnvVersion, match=f"no version {number}"):
            envs.version(BLOG, number)
    copies.write(BLOG, envs.version(BLOG, 1))
    degraded = EnvRows(away, Secret("key one"), copies)
    assert degraded.version(BLOG, 1) == EnvVersion(1, {"TOKEN": "one"})
    with pytest.raises(Unavailable):
        degraded.version(BLOG, 2)
    for each in (envs, degraded):
        assert each.version(BLOG, 0) == EnvVersion(0, {})
