"""Dumps of a real PostgreSQL, and of programs that stand for one that fails."""

import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from codeb.adapters.dumps import PgDumps
from codeb.adapters.local.exec import LocalExec
from codeb.domain.names import Environment
from codeb.services.errors import DumpFailed
from codeb.settings import Database
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration

BLOG = Environment.of("blog")
PASSWORD = "p@ss/w:rd %&"
URL = "postgres://u:hidden@127.0.0.1/d"


def anywhere(address: str) -> bool:
    return True


@pytest.fixture
def shop(postgres_settings: Database) -> Iterator[str]:
    """The URL of a database with a table of goods, owned by a role of its own."""
    with psycopg.connect(server(postgres_settings, "codeb"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE shop LOGIN PASSWORD '{PASSWORD}'")
        connection.execute("CREATE DATABASE shop OWNER shop")
        connection.execute("CREATE DATABASE restored OWNER shop")
        try:
            url = (
                f"postgresql://shop:{quote(PASSWORD, safe='')}@127.0.0.1:{postgres_settings.port}/shop?sslmode=disable"
            )
            with psycopg.connect(url) as owner:
                owner.execute("CREATE TABLE goods (name text)")
                owner.execute("INSERT INTO goods VALUES ('tea'), ('안녕')")
            yield url
        finally:
            for each in ("DATABASE shop WITH (FORCE)", "DATABASE restored WITH (FORCE)", "ROLE shop"):
                connection.execute(f"DROP {each}")


def server(settings: Database, database: str) -> str:
    return f"host=127.0.0.1 port={settings.port} user=codeb dbname={database}"


@pytest.fixture
def dumps(tmp_path: Path) -> PgDumps:
    return PgDumps(tmp_path / "dumps", LocalExec(), anywhere)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory for programs that stand for PostgreSQL's."""
    directory = tmp_path / "bin"
    directory.mkdir()
    return directory


def stand_in(programs: Path, name: str, script: str) -> None:
    (programs / name).write_text(f"#!/bin/sh\n{script}\n")
    (programs / name).chmod(0o755)


def with_programs(dumps: PgDumps, programs: Path, timeout: float = 60) -> PgDumps:
    return PgDumps(dumps.directory, LocalExec(programs=f"{programs}:/usr/bin:/bin"), anywhere, timeout=timeout)


def left(dumps: PgDumps) -> list[str]:
    return sorted(path.name for path in dumps.directory.rglob("*") if path.is_file())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_dumped_can_be_restored(dumps: PgDumps, shop: str, postgres_settings: Database) -> None:
    path = Path(dumps.take(BLOG, "dep_1", shop))
    assert path == dumps.directory / "blog-production" / "dep_1.dump"
    restore = ["pg_restore", "--exit-on-error", "-h", "127.0.0.1", "-p", str(postgres_settings.port), "-U", "codeb"]
    subprocess.run([*restore, "-d", "restored", str(path)], check=True)
    with psycopg.connect(server(postgres_settings, "restored")) as connection:
        assert connection.execute("SELECT name FROM goods ORDER BY name").fetchall() == [("tea",), ("안녕",)]


def test_a_dump_is_for_its_owner_alone(dumps: PgDumps, shop: str) -> None:
    before = os.umask(0)
    try:
        path = Path(dumps.take(BLOG, "dep_1", shop))
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent), mode(dumps.directory)) == (0o600, 0o700, 0o700)


def test_the_newest_five_of_an_environment_are_kept(dumps: PgDumps, shop: str) -> None:
    other = Environment.of("blog", "staging")
    dumps.take(other, "dep_0", shop)
    (dumps.directory / "blog-production").mkdir()
    (dumps.directory / "blog-production" / "dep_crashed.dump.part").touch()
    for number in range(1, 8):
        dumps.take(BLOG, f"dep_{number}", shop)
    assert left(dumps) == ["dep_0.dump", *(f"dep_{number}.dump" for number in range(3, 8))]


def test_a_deleted_projects_dumps_go_and_those_of_a_longer_name_stay(dumps: PgDumps, shop: str) -> None:
    for name in ("tiny", "tiny-admin"):
        for environment in ("production", "staging"):
            dumps.take(Environment.of(name, environment), "dep_1", shop)
    dumps.remove("tiny")
    dumps.remove("nobody")
    kept = sorted(path.name for path in dumps.directory.iterdir())
    assert kept == ["tiny-admin-production", "tiny-admin-staging"]


def test_no_command_line_holds_the_password_or_any_part_of_the_url(dumps: PgDumps, programs: Path) -> None:
    for name in ("pg_dump", "pg_restore"):
        script = f'tr "\\0" "\\n" < /proc/$$/cmdline >> {programs}/seen; env >> {programs}/environment-{name}'
        stand_in(programs, name, script)
    with_programs(dumps, programs).take(BLOG, "dep_1", URL)
    seen = (programs / "seen").read_text()
    assert "--format=custom" in seen
    assert "--list" in seen
    assert "hidden" not in seen
    assert "127.0.0.1" not in seen
    assert "PGPASSWORD=hidden\n" in (programs / "environment-pg_dump").read_text()
    assert "hidden" not in (programs / "environment-pg_restore").read_text()


def refusal(dumps: PgDumps, url: str = URL) -> str:
    with pytest.raises(DumpFailed) as failed:
        dumps.take(BLOG, "dep_1", url)
    assert left(dumps) == []
    assert "hidden" not in str(failed.value)
    return str(failed.value)


def test_a_url_of_something_else_is_refused(dumps: PgDumps) -> None:
    assert "begins with postgres://" in refusal(dumps, "mysql://u:hidden@127.0.0.1/d")


def test_a_server_that_does_not_answer_is_said(dumps: PgDumps) -> None:
    assert "no PostgreSQL answers" in refusal(dumps, f"postgres://u:hidden@127.0.0.1:{free_port()}/d")


def test_a_database_that_is_not_there_is_said(dumps: PgDumps, shop: str) -> None:
    assert "does not have what the URL names" in refusal(dumps, shop.replace("/shop?", "/nothing?"))


def test_a_table_that_the_user_may_not_read_is_said(dumps: PgDumps, shop: str, postgres_settings: Database) -> None:
    with psycopg.connect(server(postgres_settings, "shop"), autocommit=True) as connection:
        connection.execute("CREATE TABLE private (x int)")
    reason = refusal(dumps, shop)
    assert "may not read the whole database" in reason
    assert "private" in reason


@pytest.mark.parametrize(
    ("says", "meaning"),
    [
        (
            "pg_dump: error: server version: 17.2; pg_dump version: 15.8\npg_dump: error: aborting because of server"
            " version mismatch",
            "older than the server",
        ),
        ("pg_dump: error: could not write to output file: No space left on device", "disk is full"),
        ("FATAL:  password authentication failed for user u hidden", "does not accept the user"),
        ('root certificate file "/ca.pem" does not exist', "certificate was not accepted"),
        ("something new", "pg_dump says: something new"),
    ],
)
def test_what_pg_dump_says_is_explained(dumps: PgDumps, programs: Path, says: str, meaning: str) -> None:
    (programs / "words").write_text(says)
    stand_in(
        programs,
        "pg_dump",
        f'for a in "$@"; do case $a in --file=*) echo half > "${{a#--file=}}";; esac; done\n'
        f"cat {programs}/words >&2; exit 1",
    )
    assert meaning in refusal(with_programs(dumps, programs))


def test_a_dump_that_cannot_be_read_back_is_no_dump(dumps: PgDumps, programs: Path) -> None:
    stand_in(programs, "pg_dump", 'for a in "$@"; do case $a in --file=*) echo half > "${a#--file=}";; esac; done')
    assert "pg_restore says" in refusal(with_programs(dumps, programs))


def test_a_dump_without_end_is_stopped(dumps: PgDumps, programs: Path) -> None:
    stand_in(programs, "pg_dump", "sleep 600")
    assert "had not ended after 0.2 s" in refusal(with_programs(dumps, programs, timeout=0.2))


def test_a_host_without_the_client_is_told_what_to_install(dumps: PgDumps, programs: Path) -> None:
    without = PgDumps(dumps.directory, LocalExec(programs=str(programs)), anywhere)
    assert "install postgresql-client" in refusal(without)


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "dumps").touch()
    with pytest.raises(DumpFailed, match=r"Not a directory|File exists"):
        PgDumps(tmp_path / "dumps", LocalExec(), anywhere).take(BLOG, "dep_1", URL)


def test_a_dumps_name_is_no_path(dumps: PgDumps) -> None:
    with pytest.raises(DumpFailed, match="cannot be the name"):
        dumps.take(BLOG, "../../x", URL)


def test_a_dump_leaves_room_on_the_disk_whatever_the_database_holds(dumps: PgDumps, shop: str) -> None:
    assert "more than the app host has room for" in refusal(replace(dumps, largest=1000), shop)
    assert "disk is full" in refusal(replace(dumps, reserve=1 << 60), shop)


def test_the_first_dump_of_a_deployment_stays_however_often_its_migration_is_tried(dumps: PgDumps, shop: str) -> None:
    taken = [dumps.take(BLOG, "dep_1", shop) for _ in range(8)]
    assert len(set(taken)) == 8, "no name is given twice"
    kept = [path for path in taken if Path(path).exists()]
    assert kept == [taken[0], taken[-1]]


def test_a_url_leads_nowhere_that_it_may_not(tmp_path: Path, shop: str) -> None:
    fenced = PgDumps(tmp_path / "dumps", LocalExec(), lambda address: address != "127.0.0.1")
    with pytest.raises(DumpFailed, match=r"127\.0\.0\.1, which is not a public address"):
        fenced.take(BLOG, "dep_1", shop)
