"""Real programs on this machine: PostgreSQL in a directory of its own, Caddy with the sites of a test."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from codeb.adapters.clock import SystemClock
from codeb.adapters.docker.engine import connect
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.history import PostgresHistory
from codeb.adapters.postgres.projects import ProjectRows
from codeb.domain.names import EnvironmentName
from codeb.domain.project import ProjectSettings
from codeb.settings import Database as DatabaseSettings
from tests import sample_app
from tests.integration.caddy_process import CaddyProcess
from tests.integration.platform import Platform
from tests.integration.postgres_process import PostgresProcess
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port, until
from tests.lab import engine
from tests.lab.artifacts import program

SAMPLES: dict[str, dict[str, str]] = {
    "v1": {},
    "v2": {},
    "crash": {"HELLO_CRASH": "db.internal"},
    "sick": {"HELLO_SICK": "yes"},
    "broken": {"HELLO_BREAK": "yes"},
    "v3": {},
}


class TwoLanes(LoadScopeScheduling):  # type: ignore[misc]
    """Two processes share the machine: one has what needs its engine, whose containers are common to all tests."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return "engine" if path.startswith(("tests/integration/engine/", "tests/browser/")) else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> TwoLanes:
    return TwoLanes(config, log)


@pytest.fixture(autouse=True)
def _marked(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("integration"), "mark the module: pytestmark = pytest.mark.integration"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresProcess]:
    """Gone after the run. Not below pytest's own directory, which every other run of pytest closes to all others."""
    with tempfile.TemporaryDirectory(prefix="codeb-postgres-") as directory:
        process = PostgresProcess(Path(directory), free_port())
        process.create()
        try:
            yield process
        finally:
            process.stop()


@pytest.fixture(scope="session")
def postgres_settings(postgres: PostgresProcess) -> DatabaseSettings:
    return postgres.settings


@pytest.fixture
def database(postgres_settings: DatabaseSettings) -> Iterator[Database]:
    """An empty database, migrated."""
    database = Database.open(postgres_settings)
    with database.transaction() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    database.migrate()
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def away(postgres_settings: DatabaseSettings) -> Iterator[Database]:
    """A database that does not answer."""
    database = Database.open(replace(postgres_settings, port=1))
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    return FileJournal(tmp_path, SystemClock())


@pytest.fixture
def history(database: Database, journal: FileJournal) -> PostgresHistory:
    """Of a database that knows blog and shop."""
    for name in ("blog", "shop"):
        ProjectRows(database, "codeb.test").create(
            name, team_id="team-a", type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
        )
    return PostgresHistory(database, journal)


@pytest.fixture
def caddy(tmp_path: Path) -> Iterator[CaddyProcess]:
    """A running Caddy with an empty tree of sites."""
    process = CaddyProcess(program("caddy"), tmp_path, free_port())
    process.start()
    try:
        until(process.ready, "Caddy's admin socket answers")
        yield process
    finally:
        process.stop()


@pytest.fixture
def platform(
    caddy: CaddyProcess, registry: RegistryProcess, database: Database, postgres_settings: DatabaseSettings
) -> Iterator[Platform]:
    """An app host around ``caddy``, with an empty database and no container of ours on the engine."""
    _sweep()
    yield Platform(caddy, registry, postgres_settings)
    _sweep()
    assert database.available()


def _sweep() -> None:
    """Also what a killed run left behind."""
    client = connect()
    for container in client.containers.list(all=True, filters={"label": "codeb.team=team-a"}, ignore_removed=True):
        container.remove(force=True, v=True)
    client.networks.prune(filters={"label": "codeb.project"})
    client.close()


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    """A registry with the sample application: v1, v2, one that crashes, one that stays sick."""
    engine.ensure()
    process = RegistryProcess(program("registry"), tmp_path_factory.mktemp("registry"), free_port())
    process.start()
    try:
        until(process.ready, "the registry answers")
        for tag, environment in SAMPLES.items():
            sample_app.build(f"{process.host}/hello:{tag}", tag, **environment)
            sample_app.push(f"{process.host}/hello:{tag}")
        yield process
    finally:
        process.stop()
        sample_app.forget(process.host)


@pytest.fixture(scope="session", autouse=True)
def _as_root() -> None:
    assert os.geteuid() == 0, "the integration tests start services and run as root"
