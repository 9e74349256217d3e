"""Databases of projects on a real PostgreSQL that bootstrap's own script has set up. Security 8."""

import contextlib
from collections.abc import Iterator, Mapping

import psycopg
import pytest
from psycopg import Connection

from codeb.adapters.postgres.tenants import TenantDatabases
from codeb.domain.names import Environment
from codeb.errors import Unavailable
from codeb.settings import Database, Secret
from tests.integration.postgres_process import PostgresProcess
from tests.integration.storage_host import SCRIPT, psql, storage_host

pytestmark = pytest.mark.integration

BLOG, SHOP = Environment.of("blog"), Environment.of("my-shop", "staging")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    with storage_host() as process:
        yield process


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
        "CREATE DATABASE copy TEMPLATE codeb",
        "SET ROLE codeb_owner",
        "GRANT codeb_owner TO codeb_provisioner",
        "SELECT provision.bound_role('blog_user')",
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


def test_rights_on_and_in_another_projects_database_stop_no_deletion(
    server: PostgresProcess, databases: TenantDatabases
) -> None:
    with psycopg.connect(url(databases.have(BLOG).variables)) as guest:
        mine = url(databases.have(SHOP).variables)
        with psycopg.connect(mine) as host:
            host.execute("CREATE TABLE goods (name text)")
            host.execute("GRANT SELECT ON goods TO blog_user")
            host.execute("GRANT ALL ON SCHEMA public TO blog_user")
            host.execute("GRANT CONNECT ON DATABASE my_shop_staging_db TO blog_user")
        guest.execute("SELECT 1")
    blog = url(databases.have(BLOG).variables)
    with psycopg.connect(blog.replace("/blog_db", "/my_shop_staging_db")) as guest:
        guest.execute("CREATE TABLE left_behind (name text)")
        guest.execute("INSERT INTO left_behind VALUES ('tea')")
    databases.remove(BLOG)
    assert roles(server, "blog_user", "retired_%") == []
    with psycopg.connect(mine) as host:
        assert host.execute("SELECT name FROM left_behind").fetchall() == [("tea",)]
        host.execute("DROP TABLE left_behind")


def test_a_project_that_keeps_its_database_closed_stops_no_other_ones_deletion(
    server: PostgresProcess, databases: TenantDatabases
) -> None:
    databases.have(BLOG)
    with psycopg.connect(url(databases.have(SHOP).variables), autocommit=True) as host:
        host.execute("CREATE TABLE goods (name text)")
        host.execute("GRANT SELECT ON goods TO blog_user")
        host.execute("ALTER DATABASE my_shop_staging_db CONNECTION LIMIT 0")
    databases.remove(BLOG)
    assert roles(server, "blog_user") == []
    (retired,) = roles(server, "retired_%")
    assert psql(server, f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{retired}'") == "f\n"
    facts = databases.have(BLOG).facts
    assert facts["user"] == "blog_user"
    databases.remove(BLOG)
    databases.remove(SHOP)
    psql(server, f"DROP ROLE {retired};")


def roles(server: PostgresProcess, *patterns: str) -> list[str]:
    listed = ", ".join(f"'{pattern}'" for pattern in patterns)
    return psql(server, f"SELECT rolname FROM pg_roles WHERE rolname LIKE ANY (ARRAY[{listed}])").split()


@pytest.mark.parametrize("attack", ["SET temp_file_limit = -1", "ALTER ROLE blog_user CONNECTION LIMIT -1"])
def test_a_projects_role_lifts_no_bound(databases: TenantDatabases, attack: str) -> None:
    with psycopg.connect(url(databases.have(BLOG).variables), autocommit=True) as connection:
        connection.execute("ALTER ROLE blog_user RESET ALL")
        connection.execute("ALTER DATABASE blog_db RESET ALL")
        with refused():
            connection.execute(attack)
    with psycopg.connect(url(databases.have(BLOG).variables)) as connection:
        assert connection.execute("SHOW temp_file_limit").fetchone() == ("2GB",)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("15min",)


def test_bounds_are_given_to_roles_of_before_too(server: PostgresProcess, databases: TenantDatabases) -> None:
    databases.have(BLOG)
    psql(server, "ALTER ROLE blog_user RESET ALL; ALTER ROLE blog_user CONNECTION LIMIT -1;")
    psql(server, SCRIPT)
    found = psql(server, "SELECT rolconnlimit, rolconfig FROM pg_roles WHERE rolname = 'blog_user'")
    assert found == "20|{temp_file_limit=2GB,statement_timeout=15min}\n"
    assert psql(server, "SELECT datconnlimit FROM pg_database WHERE datname = 'blog_db'") == "25\n"


def test_a_stored_url_is_known_for_one_that_holds_or_one_that_does_not(databases: TenantDatabases) -> None:
    first = databases.have(BLOG).variables
    assert databases.recalled(BLOG, {**first, "OTHER": "x"}) == first
    second = databases.have(BLOG).variables
    assert databases.recalled(BLOG, first) == {}
    assert databases.recalled(BLOG, second) == second
    for strange in ("postgresql://u:p@elsewhere.test/d", url(databases.have(SHOP).variables), "::", "http://[", ""):
        assert databases.recalled(BLOG, {"DATABASE_URL": strange}) == {}


def test_a_server_that_does_not_say_whether_a_password_holds_is_no_reason_for_a_new_one(
    server: PostgresProcess, databases: TenantDatabases
) -> None:
    variables = databases.have(BLOG).variables
    psql(server, "ALTER ROLE blog_user CONNECTION LIMIT 0;")
    with pytest.raises(Unavailable, match="whether DATABASE_URL still holds is not known"):
        databases.recalled(BLOG, variables)


def test_a_project_takes_no_more_connections_than_its_bound(databases: TenantDatabases) -> None:
    where = url(databases.have(BLOG).variables)
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(psycopg.connect(where))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            psycopg.connect(where)
