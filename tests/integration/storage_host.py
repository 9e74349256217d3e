"""A PostgreSQL as the storage host has it: set up by bootstrap's own script, whose passwords count."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codeb.settings import Database, Secret
from deploys.rendering import render
from deploys.scram import verifier
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import free_port

SCRIPT = render(
    "postgres/setup.sql.j2",
    name="codeb",
    verifier=verifier("runtime"),
    owner=verifier("owner"),
    provisioner=verifier("provision"),
)


@contextmanager
def bare_host() -> Iterator[PostgresProcess]:
    """A new cluster of the distribution's, in a directory that its user may enter."""
    with tempfile.TemporaryDirectory(prefix="codeb-storage-") as directory:
        process = PostgresProcess(Path(directory), free_port(), "postgres")
        process.create_bare()
        try:
            yield process
        finally:
            process.stop()


@contextmanager
def storage_host() -> Iterator[PostgresProcess]:
    """Set up twice, as a second run does; then local trust is for the superuser alone."""
    with bare_host() as process:
        for _ in range(2):
            psql(process, SCRIPT)
        close(process)
        yield process


def close(process: PostgresProcess) -> None:
    rules = process.directory / "db" / "pg_hba.conf"
    rules.write_text("local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    psql(process, "SELECT pg_reload_conf();")


def psql(process: PostgresProcess, script: str, database: str = "postgres") -> str:
    """What it prints, unaligned."""
    command = ["psql", "--no-psqlrc", "--quiet", "-At", "--set", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database]
    command += ["-h", str(process.directory), "-p", str(process.port)]
    return subprocess.run(command, input=script, text=True, check=True, stdout=subprocess.PIPE).stdout


def as_owner(process: PostgresProcess) -> Database:
    return _way(process, "codeb_owner", "owner", runtime="codeb")


def as_runtime(process: PostgresProcess) -> Database:
    return _way(process, "codeb", "runtime")


def _way(process: PostgresProcess, role: str, password: str, runtime: str = "") -> Database:
    return Database(
        "127.0.0.1", process.port, "codeb", role, Secret(password), "disable", "", owner="codeb_owner", runtime=runtime
    )
