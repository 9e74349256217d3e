"""The backup's own programs with a real PostgreSQL: what they dump, restore, refuse and report. Spec section 9."""

import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import codeb
from tests.integration.backup_server import Backups, good, serving, with_a_tenant
from tests.integration.postgres_process import PostgresProcess

pytestmark = pytest.mark.integration

BACKUP = "codeb_backup_last_success_timestamp_seconds"
DRILL = "codeb_restore_drill_last_success_timestamp_seconds"
MIGRATIONS = Path(codeb.__file__).parent / "migrations"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    with serving() as process:
        yield process


@pytest.fixture
def backups(server: PostgresProcess) -> Iterator[Backups]:
    with with_a_tenant(server) as made:
        yield made


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
