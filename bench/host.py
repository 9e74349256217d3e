"""An app host for the API's benchmark: projects, keys, audit rows, Caddy, and an engine that is a stand-in."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.engine import MakingEngine
from bench.history import History, connected
from bench.process import Server, serving
from bench.seeded import TEAM, Seeded
from codeb.bootstrap import build
from codeb.settings import Database, Settings
from tests.doors import ENVIRON
from tests.integration.caddy_process import CaddyProcess
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import free_port, until


@dataclass(frozen=True, slots=True)
class Size:
    projects: int
    keys: int
    rows: int


@dataclass(frozen=True, slots=True)
class Host:
    """``filled`` are the seconds that PostgreSQL took to make the rows."""

    size: Size
    database: Database
    server: Server
    keys: Sequence[str]
    filled: float

    def rows(self) -> int:
        """Of the audit, by now."""
        with connected(self.database) as connection:
            ((count,),) = connection.execute("SELECT count(*) FROM audit_logs").fetchall()
        return int(str(count))


@contextmanager
def postgres(directory: Path) -> Iterator[PostgresProcess]:
    directory.mkdir()
    directory.chmod(0o755)
    process = PostgresProcess(directory, free_port())
    process.create()
    try:
        yield process
    finally:
        process.stop()


def database(cluster: PostgresProcess, name: str) -> Database:
    """An empty one beside the others of the same cluster."""
    with connected(cluster.settings) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return replace(cluster.settings, name=name)


@contextmanager
def host(root: Path, binary: Path, settings: Database, size: Size) -> Iterator[Host]:
    """``binary`` is Caddy's. Yields when the server answers and knows its containers."""
    root.mkdir()
    root.chmod(0o755)
    caddy = CaddyProcess(binary, root, free_port())
    seeded = Seeded(root, settings)
    containers = dict.fromkeys(seeded.projects(size.projects), "running")
    keys = seeded.keys(size.keys)
    filled = History(size.rows, size.projects).fill(settings)
    caddy.start()
    try:
        until(caddy.ready, "Caddy answers")
        _install_sites(environ(root, caddy, settings))
        engine = MakingEngine(root / "engine.sock", containers)
        with engine.running(), serving(engine.socket, environ(root, caddy, settings)) as server:
            _warm(server, keys[0])
            yield Host(size, settings, server, keys, filled)
    finally:
        caddy.stop()


def environ(root: Path, caddy: CaddyProcess, settings: Database) -> Mapping[str, str]:
    """As the unit on the app host has it, with ports and directories of this run."""
    return {
        **ENVIRON,
        "MALLOC_ARENA_MAX": "2",
        "CODEB_ROOT": str(root),
        "CODEB_CADDY_SITES": str(root / "sites"),
        "CODEB_CADDY_FILE": str(caddy.caddyfile),
        "CODEB_CADDY_ADMIN": str(caddy.admin),
        "CODEB_TLS": "off",
        "CODEB_HTTP_PORT": str(caddy.port),
        "CODEB_MIN_FREE_MB": "1",
        "CODEB_DB_HOST": settings.host,
        "CODEB_DB_PORT": str(settings.port),
        "CODEB_DB_NAME": settings.name,
        "CODEB_DB_SSLMODE": "disable",
        "CODEB_ENV_FILE": str(root / "absent.env"),
    }


def _install_sites(environ: Mapping[str, str]) -> None:
    """All with one load of Caddy's; a server that began without them would load one after the other."""
    services = build(Settings.load(environ))
    try:
        pairs = [(project, project.environment(name)) for project in services.projects.all() for name in project.ports]
        slots = services.status.slots
        services.proxy.install(*(services.addresses.site(project, slots.get(each)) for project, each in pairs))
    finally:
        services.close()


def _warm(server: Server, key: str) -> None:
    """Until the containers are known: a server that has just begun answers from what it was told at its start."""

    def runs() -> bool:
        record = server.call(key, "slot_status", {"projectName": "project-0"})
        assert record["data"]["teamId"] == TEAM
        return bool(record["slots"]["blue"]["running"])

    until(runs, "the containers are known", seconds=30)
    server.settle()
