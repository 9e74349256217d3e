"""PostgreSQL with the backup's own programs, as the storage host has them."""

import contextlib
import itertools
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from prometheus_client.parser import text_string_to_metric_families

from deploys.components.postgres import IDENT
from deploys.rendering import TEMPLATES
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import free_port

AS_POSTGRES = ("runuser", "-u", "postgres", "--")
OLD = "2020-01-01"
_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class Backups:
    root: Path
    server: PostgresProcess

    def run(
        self, program: str, *arguments: object, user: tuple[str, ...] = AS_POSTGRES
    ) -> "subprocess.CompletedProcess[str]":
        """As the unit does: with the distribution's Python, as user postgres, by the socket."""
        where = {"PGHOST": str(self.server.directory), "PGPORT": str(self.server.port)}
        script = self.server.directory / "programs" / f"{program}.py"
        command = [*user, "/usr/bin/python3", "-B", str(script), str(self.root), *map(str, arguments)]
        return subprocess.run(command, env=os.environ | where, capture_output=True, text=True, timeout=120, check=False)

    def dump(self, keep_days: int = 14, reserve_mb: int = 0) -> "subprocess.CompletedProcess[str]":
        return self.run("dump", keep_days, reserve_mb)

    def drill(self) -> "subprocess.CompletedProcess[str]":
        return self.run("drill", 0)

    def metrics(self) -> dict[str, dict[str, float]]:
        """Each metric's values by database."""
        file = self.root / "codeb-backup.prom"
        done = self.run("publish", file, user=())
        assert done.returncode == 0, done.stderr
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
        families = text_string_to_metric_families(file.read_text())
        return {family.name: {each.labels["database"]: each.value for each in family.samples} for family in families}

    def old(self) -> Path:
        """A day of long ago."""
        made = self.root / "postgres" / OLD
        made.mkdir(parents=True)
        for each in (made, made.parent):
            shutil.chown(each, "postgres")
        return made

    def dumped(self, database: str = "blog") -> Path:
        (found,) = self.root.glob(f"postgres/2*/{database}.dump")
        return found

    def sql(self, text: str, database: str = "blog", user: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(
            host="127.0.0.1", port=self.server.port, user=user, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def serving() -> Iterator[PostgresProcess]:
    """Of one module alone, for every database of a server is dumped; with a host's own rules for its own users."""
    with tempfile.TemporaryDirectory(prefix="codeb-backups-") as directory:
        process = PostgresProcess(Path(directory), free_port(), "postgres")
        shutil.copytree(TEMPLATES / "backup", process.directory / "programs")
        process.create_bare()
        hba = (TEMPLATES / "postgres" / "pg_hba.conf.j2").read_text().splitlines()
        rules = [*(line for line in hba if line.startswith("local")), "host all all 127.0.0.1/32 trust", ""]
        (process.directory / "db" / "pg_hba.conf").write_text("\n".join(rules))
        (process.directory / "db" / "pg_ident.conf").write_text(IDENT)
        try:
            process.stop()
            process.start()
            yield process
        finally:
            process.stop()


@contextlib.contextmanager
def with_a_tenant(server: PostgresProcess) -> Iterator[Backups]:
    """With a tenant's database that has tables, a sequence, and a name that needs quoting."""
    root = server.directory / f"backups-{next(_NUMBERS)}"
    root.mkdir(mode=0o700)
    shutil.chown(root, "postgres")
    backups = Backups(root, server)
    backups.sql("CREATE ROLE tenant LOGIN", "postgres")
    backups.sql("CREATE DATABASE blog OWNER tenant", "postgres")
    backups.sql("""
        CREATE TABLE posts (id serial PRIMARY KEY, title text);
        INSERT INTO posts (title) SELECT 'post ' || n FROM generate_series(1, 300) n;
        CREATE SCHEMA "Odd ' schema";
        CREATE TABLE "Odd ' schema"."odd "" %I table" (x int);
        INSERT INTO "Odd ' schema"."odd "" %I table" VALUES (1);
    """)
    try:
        yield backups
    finally:
        backups.sql("DROP DATABASE IF EXISTS blog WITH (FORCE)", "postgres")
        backups.sql("DROP ROLE tenant", "postgres")


def good(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stderr
