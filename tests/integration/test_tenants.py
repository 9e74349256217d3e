"""Databases of projects on a real PostgreSQL that bootstrap's own script has set up. Security 8."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection

from codeb.adapters.postgres.tenants import TenantDatabases
from codeb.domain.names import Environment
from codeb.errors import Unavailable
from codeb.settings import Database, Secret
from deploys.rendering import render
from deploys.scram import verifier
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration

BLOG, SHOP = Environment.of("blog"), Environment.of("my-shop", "staging")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    """A server whose passwords count, in a directory that its user may enter."""
    with tempfile.TemporaryDirectory(prefix="codeb-tenants-") as directory:
        process = PostgresProcess(Path(directory), free_port())
        process.create()
        try:
            set_up(process)
            yield process
        finally:
            process.stop()


def set_up(process: PostgresProcess) -> None:
    """By bootstrap's own script, which may run again; then local trust is for the superuser alone."""
    script = render("postgres/setup.sql.j2", verifier=verifier("x"), provisioner=verifier("provision"), name="codeb")
    for _ in range(2):
        psql(process, script)
    rules = process.directory / "db" / "pg_hba.conf"
    rules.write_text("local all codeb trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    psql(process, "SELECT pg_reload_conf();")


def psql(process: PostgresProcess, script: str) -> None:
    command = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "-U", "codeb", "-d", "postgres"]
    command += ["-h", str(process.directory), "-p", str(process.port), "--output", "/dev/null"]
    subprocess.run(command, input=script, text=True, check=True)


@pytest.fixture
def databases(server: PostgresProcess) -> Iterator[TenantDatabases]:
    made = TenantDatabases(way_in(server))
    yield made
    for environment in (BLOG, SHOP):
        made.remove(environment)


def way_in(server: PostgresProcess, password: str = "provision") -> Database:
    return Database("127.0.0.1", server.port, "provisioning", "codeb_provisioner", Secret(password), "disable", "")


def url(variables: Mapping[str, str]) -> str:
    return variables["DATABASE_URL"]


def test_a_project_works_in_its_own_database(databases: TenantDatabases) -> None:
    backing = databases.have(BLOG)
    with psycopg.connect(url(backing.variables)) as connection:
        connection.execute("CREATE TABLE posts (title text)")
        connection.execute("CREATE SCHEMA more")
    assert (backing.facts["name"], backing.facts["user"]) == ("blog_db", "blog_user")
    assert databases.have(SHOP).facts["name"] == "my_shop_staging_db"


def test_made_again_it_keeps_its_content_and_has_a_new_password(databases: TenantDatabases) -> None:
    first = url(databases.have(BLOG).variables)
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE posts (title text)")
    second = url(databases.have(BLOG).variables)
    assert first != second
    with psycopg.connect(second) as connection:
        connection.execute("SELECT * FROM posts")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first)


@pytest.mark.parametrize("name", ["my_shop_staging_db", "codeb", "provisioning", "postgres", "template1"])
def test_a_project_enters_no_other_database(databases: TenantDatabases, name: str) -> None:
    mine = url(databases.have(BLOG).variables)
    databases.have(SHOP)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(mine.replace("/blog_db", f"/{name}"))


@pytest.mark.parametrize(
    "attack",
    [
        "CREATE ROLE more LOGIN",
        "CREATE DATABASE more",
        "GRANT pg_execute_server_program TO blog_user",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "SET ROLE codeb_provisioner",
        "ALTER ROLE blog_user SUPERUSER",
        "ALTER ROLE my_shop_staging_user PASSWORD 'x'",
    ],
)
def test_a_projects_role_is_nothing_beyond_its_database(databases: TenantDatabases, attack: str) -> None:
    databases.have(SHOP)
    with psycopg.connect(url(databases.have(BLOG).variables), autocommit=True) as connection, refused():
        connection.execute(attack)


@pytest.mark.parametrize(
    "attack",
    [
        "CREATE ROLE evil LOGIN SUPERUSER",
        "GRANT pg_execute_server_program TO codeb_provisioner",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "ALTER ROLE codeb PASSWORD 'x'",
        "SELECT provision.make_role('codeb', 'SCRAM-SHA-256$4096:YQ==$YQ==:YQ==')",
        "SELECT provision.make_role('codeb_provisioner', 'SCRAM-SHA-256$4096:YQ==$YQ==:YQ==')",
        "SELECT provision.make_role('x_user\" SUPERUSER --', 'SCRAM-SHA-256$4096:YQ==$YQ==:YQ==')",
        "SELECT provision.make_role('evil_user', 'plain')",
        "SELECT provision.make_role('evil_user', E'SCRAM-SHA-256$4096:YQ==$YQ==:YQ==\\n'' SUPERUSER')",
        "SELECT provision.make_role('stranger_user', 'SCRAM-SHA-256$4096:YQ==$YQ==:YQ==')",
        "SELECT provision.drop_role('stranger_user')",
        "SELECT provision.drop_role('codeb')",
        "CREATE OR REPLACE FUNCTION provision.drop_role(name text) RETURNS void LANGUAGE sql AS ''",
        "CREATE TABLE provision.t (x int)",
        "CREATE TABLE public.t (x int)",
        "DROP DATABASE codeb",
    ],
)
def test_the_provisioning_role_has_no_way_to_the_servers_shell(
    server: PostgresProcess, databases: TenantDatabases, attack: str
) -> None:
    psql(server, "DROP ROLE IF EXISTS stranger_user; CREATE ROLE stranger_user NOLOGIN;")
    with entered(server) as connection, refused():
        connection.execute(attack)


def entered(server: PostgresProcess) -> Connection:
    way = way_in(server)
    return psycopg.connect(
        host=way.host,
        port=way.port,
        dbname=way.name,
        user=way.user,
        password=way.password.reveal(),
        autocommit=True,
    )


def refused() -> "pytest.RaisesExc[psycopg.Error]":
    return pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RaiseException))


def test_the_checks_look_at_the_catalogue_whatever_the_callers_path_says(server: PostgresProcess) -> None:
    with entered(server) as connection:
        with refused():
            connection.execute("CREATE TEMP TABLE pg_roles (rolname text)")
        connection.execute("SET search_path = pg_temp, provision")
        with refused():
            connection.execute("SELECT make_role('codeb', 'SCRAM-SHA-256$4096:YQ==$YQ==:YQ==')")


def test_what_is_removed_is_gone_also_while_it_is_used(databases: TenantDatabases) -> None:
    with psycopg.connect(url(databases.have(BLOG).variables)) as connection:
        databases.remove(BLOG)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert databases.url(BLOG) is None
    databases.remove(BLOG)


def test_it_can_be_dumped_by_the_platform(databases: TenantDatabases) -> None:
    with psycopg.connect(url(databases.have(BLOG).variables)) as connection:
        connection.execute("CREATE TABLE posts (title text)")
        connection.execute("INSERT INTO posts VALUES ('hello')")
    way = databases.url(BLOG)
    assert way is not None
    with psycopg.connect(way.reveal()) as connection:
        assert connection.execute("SELECT title FROM posts").fetchall() == [("hello",)]


def test_a_server_that_is_away_or_does_not_know_us_is_a_sentence_without_a_password(server: PostgresProcess) -> None:
    for wrong in (way_in(server, "wrong-password"), Database("127.0.0.1", 1, "p", "u", Secret("pw-1"), "disable", "")):
        with pytest.raises(Unavailable, match="PostgreSQL is not available") as caught:
            TenantDatabases(wrong).have(BLOG)
        assert wrong.password.reveal() not in str(caught.value)
