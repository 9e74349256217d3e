"""Real programs on this machine: PostgreSQL in a directory of its own, Caddy with the sites of a test."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeb.adapters.postgres.database import Database
from codeb.settings import Database as DatabaseSettings
from codeb.settings import Secret
from tests import sample_app
from tests.integration.caddy_process import CaddyProcess
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port, until
from tests.lab import engine
from tests.lab.artifacts import program

SAMPLES: dict[str, dict[str, str]] = {
    "v1": {},
    "v2": {},
    "crash": {"HELLO_CRASH": "db.internal"},
    "sick": {"HELLO_SICK": "yes"},
}


@pytest.fixture(autouse=True)
def _marked(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("integration"), "mark the module: pytestmark = pytest.mark.integration"


@pytest.fixture(scope="session")
def postgres_settings() -> Iterator[DatabaseSettings]:
    """A PostgreSQL server of the distribution's, on loopback, gone after the run.

    Not below pytest's own directory, which every other run of pytest closes to all users but its own.
    """
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
    as_postgres = ["runuser", "-u", "postgres", "--"]
    with tempfile.TemporaryDirectory(prefix="codeb-postgres-") as directory:
        data, port = Path(directory), free_port()
        shutil.chown(data, "postgres")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {data} -c fsync=off"
        make = [*as_postgres, str(binaries / "initdb"), "-D", str(data / "db"), "-A", "trust", "-U", "codeb"]
        subprocess.run(make, check=True, capture_output=True)
        control = [*as_postgres, str(binaries / "pg_ctl"), "-D", str(data / "db")]
        start = [*control, "-w", "-l", str(data / "log"), "-o", options, "start"]
        subprocess.run(start, check=True, capture_output=True)
        try:
            create = ["createdb", "-h", str(data), "-p", str(port), "-U", "codeb", "codeb"]
            subprocess.run([*as_postgres, *create], check=True)
            yield DatabaseSettings("127.0.0.1", port, "codeb", "codeb", Secret(""), "disable", "")
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True)
        shutil.rmtree(data)


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
def caddy(tmp_path: Path) -> Iterator[CaddyProcess]:
    """A running Caddy with an empty tree of sites."""
    process = CaddyProcess(program("caddy"), tmp_path, free_port())
    process.start()
    try:
        until(process.ready, "Caddy's admin socket answers")
        yield process
    finally:
        process.stop()


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


@pytest.fixture(scope="session", autouse=True)
def _as_root() -> None:
    assert os.geteuid() == 0, "the integration tests start services and run as root"
