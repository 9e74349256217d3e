"""The backup's own programs with a real PostgreSQL: what they dump, restore, refuse and report. Spec section 9."""

import itertools
import json
import os
import shutil
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

import codeb
from deploys.components.postgres import IDENT
from deploys.rendering import TEMPLATES
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration

AS_POSTGRES = ("runuser", "-u", "postgres", "--")
BACKUP = "codeb_backup_last_success_timestamp_seconds"
DRILL = "codeb_restore_drill_last_success_timestamp_seconds"
OLD = "2020-01-01"
MIGRATIONS = Path(codeb.__file__).parent / "migrations"
NUMBERS = itertools.count()


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


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    """Of this module alone, for every database of a server is dumped; with a host's own rules for its own users."""
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


@pytest.fixture
def backups(server: PostgresProcess) -> Iterator[Backups]:
    """With a tenant's database that has tables, a sequence, and a name that needs quoting."""
    root = server.directory / f"backups-{next(NUMBERS)}"
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
    yield backups
    backups.sql("DROP DATABASE blog WITH (FORCE)", "postgres")
    backups.sql("DROP ROLE tenant", "postgres")


def good(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stderr


def test_every_database_and_the_roles_are_dumped_for_their_owners_eyes(backups: Backups) -> None:
    good(backups.dump())
    day = backups.dumped().parent
    names = {path.name for path in day.iterdir()}
    assert names == {"blog.dump", "blog.json", "globals.sql", "postgres.dump", "postgres.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in day.iterdir()} == {0o600}
    assert stat.S_IMODE(day.stat().st_mode) == 0o700
    assert "CREATE ROLE tenant" in (day / "globals.sql").read_text()
    record = json.loads((day / "blog.json").read_text())
    assert record["rows"] == {"public.posts": 300, "Odd ' schema.odd \" %I table": 1}
    assert backups.metrics()[BACKUP].keys() == {"blog", "postgres", "(globals)"}


def test_a_second_run_of_the_day_replaces_the_first(backups: Backups) -> None:
    good(backups.dump())
    backups.sql("DELETE FROM posts WHERE id > 10")
    good(backups.dump())
    assert json.loads(backups.dumped().with_suffix(".json").read_text())["rows"]["public.posts"] == 10
    good(backups.drill())


def test_old_dumps_go_after_a_run_that_succeeded(backups: Backups) -> None:
    old = backups.old()
    good(backups.dump())
    assert not old.exists()


def test_without_room_nothing_is_dumped_and_the_old_ones_stay(backups: Backups) -> None:
    old = backups.old()
    done = backups.dump(reserve_mb=10**9)
    assert done.returncode == 1
    assert "MB free" in done.stderr
    assert old.exists()
    assert set(backups.metrics()[BACKUP].values()) == {0}


def test_one_database_that_cannot_be_dumped_does_not_keep_the_others(backups: Backups) -> None:
    good(backups.dump())
    before = backups.metrics()[BACKUP]
    backups.sql("SET allow_system_table_mods = on; UPDATE pg_class SET relfilenode = 999999 WHERE relname = 'posts'")
    before_dump = backups.dumped().read_bytes()
    done = backups.dump()
    assert done.returncode == 1
    assert "blog: no backup was made" in done.stderr
    after = backups.metrics()[BACKUP]
    assert after["blog"] == before["blog"]
    assert after["postgres"] >= before["postgres"]
    assert backups.dumped().read_bytes() == before_dump


def test_a_drill_restores_every_dump_and_leaves_nothing(backups: Backups) -> None:
    good(backups.dump())
    good(backups.drill())
    assert backups.metrics()[DRILL].keys() == {"blog", "postgres"}
    assert backups.sql("SELECT datname FROM pg_database WHERE datname ~ 'drill'") == []


def test_rows_that_are_written_during_a_dump_are_neither_counted_nor_dumped(backups: Backups) -> None:
    ended, begun = threading.Event(), threading.Event()

    def write() -> None:
        with psycopg.connect(
            host="127.0.0.1", port=backups.server.port, user="postgres", dbname="blog", autocommit=True
        ) as connection:
            while not ended.is_set():
                connection.execute("INSERT INTO posts (title) VALUES ('late')")
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(20)
        good(backups.dump())
    finally:
        ended.set()
        writer.join()
    good(backups.drill())


def test_codebs_own_database_is_restored_too(backups: Backups) -> None:
    for migration in sorted(MIGRATIONS.glob("*.sql")):
        backups.sql(migration.read_text())
    good(backups.dump())
    good(backups.drill())


def test_an_extension_that_only_a_superuser_makes_is_no_obstacle(backups: Backups) -> None:
    backups.sql("CREATE EXTENSION dblink")
    good(backups.dump())
    assert json.loads(backups.dumped().with_suffix(".json").read_text())["extensions"] == ["dblink"]
    good(backups.drill())


def test_a_dump_that_is_damaged_fails_the_drill_and_the_report_stays_as_it_was(backups: Backups) -> None:
    good(backups.dump())
    good(backups.drill())
    before = backups.metrics()[DRILL]["blog"]
    dump = backups.dumped()
    data = bytearray(dump.read_bytes())
    data[-20] ^= 0xFF
    dump.write_bytes(data)
    done = backups.drill()
    assert done.returncode == 1
    assert "blog: the restore failed" in done.stderr
    assert "damaged" in done.stderr
    assert backups.metrics()[DRILL]["blog"] == before


def test_other_rows_than_were_dumped_fail_the_drill(backups: Backups) -> None:
    good(backups.dump())
    record = backups.dumped().with_suffix(".json")
    said = json.loads(record.read_text())
    said["rows"]["public.posts"] = 301
    record.write_text(json.dumps(said))
    done = backups.drill()
    assert done.returncode == 1
    assert "public.posts had 301 when dumped and has 300 now" in done.stderr
    assert backups.metrics()[DRILL]["blog"] == 0


def test_what_a_killed_drill_left_is_dropped_and_a_teams_own_database_of_such_a_name_is_not(backups: Backups) -> None:
    good(backups.dump())
    good(backups.drill())
    backups.sql("CREATE DATABASE codeb_drill_1 OWNER codeb_drill", "postgres")
    backups.sql("CREATE DATABASE codeb_drill_team OWNER tenant", "postgres")
    try:
        good(backups.drill())
        left = backups.sql("SELECT datname FROM pg_database WHERE datname ~ 'drill'")
        assert left == [("codeb_drill_team",)]
        good(backups.dump())
        assert backups.dumped("codeb_drill_team").exists()
    finally:
        backups.sql("DROP DATABASE codeb_drill_team", "postgres")


def test_what_a_tenants_database_runs_while_it_is_restored_is_no_superuser(backups: Backups) -> None:
    backups.sql(
        """
        CREATE SCHEMA mine;
        CREATE FUNCTION mine.grab(x int) RETURNS bool LANGUAGE plpgsql AS $$
        BEGIN
            EXECUTE 'RESET ROLE';
            EXECUTE 'ALTER ROLE tenant SUPERUSER';
            RETURN true;
        EXCEPTION WHEN OTHERS THEN RETURN true;
        END $$;
        CREATE TABLE mine.trap (x int CHECK (mine.grab(x)));
        INSERT INTO mine.trap VALUES (1);
        """,
        user="tenant",
    )
    good(backups.dump())
    good(backups.drill())
    assert backups.sql("SELECT rolsuper FROM pg_roles WHERE rolname = 'tenant'") == [(False,)]


def test_without_a_dump_there_is_no_drill(backups: Backups) -> None:
    done = backups.drill()
    assert done.returncode == 1
    assert "there is no dump" in done.stderr
    assert DRILL not in backups.metrics()


def test_what_is_published_comes_through_no_link(backups: Backups) -> None:
    (backups.root / "backup.json").symlink_to("/etc/passwd")
    done = backups.run("publish", backups.root / "codeb-backup.prom", user=())
    assert done.returncode != 0
    assert not (backups.root / "codeb-backup.prom").exists()
