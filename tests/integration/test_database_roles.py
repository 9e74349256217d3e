"""The role that owns the database and the role of the API, on a PostgreSQL that bootstrap has set up. Security 17."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from types import SimpleNamespace
from typing import cast

import pytest
from psycopg.errors import InsufficientPrivilege

from codeb.adapters.postgres.audit import AuditRows
from codeb.adapters.postgres.database import Database, NotTheOwner
from codeb.adapters.postgres.projects import ProjectRows
from codeb.api.lanes import Lanes
from codeb.api.watch import DatabaseWatch
from codeb.bootstrap import Owner, Services, open_owner
from codeb.domain.names import EnvironmentName
from codeb.domain.project import ProjectSettings
from codeb.errors import Unavailable
from tests.fakes.audit import entry
from tests.integration.postgres_process import PostgresProcess
from tests.integration.storage_host import SCRIPT, as_owner, as_runtime, bare_host, close, psql, storage_host
from tests.integration.waiting import until

pytestmark = pytest.mark.integration

MIGRATIONS = sorted(f.name for f in resources.files("codeb.migrations").iterdir() if f.name.endswith(".sql"))
OWNERS = """
    SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public'
    UNION SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'codeb'
"""
RIGHTS = """
    SELECT table_name, privilege_type FROM information_schema.role_table_grants
     WHERE grantee = 'codeb' ORDER BY table_name, privilege_type
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    with storage_host() as process:
        yield process


@pytest.fixture
def owner(server: PostgresProcess) -> Iterator[Owner]:
    """Of an empty database."""
    psql(server, "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION codeb_owner;", "codeb")
    with closing(open_owner(as_owner(server))) as owner:
        yield owner


@pytest.fixture
def runtime(server: PostgresProcess, owner: Owner) -> Iterator[Database]:
    """The API's, of a database that its owner has migrated."""
    owner.database.migrate()
    with closing(Database.open(as_runtime(server))) as database:
        yield database


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM audit_logs",
        "UPDATE audit_logs SET tool = 'x'",
        "TRUNCATE audit_logs",
        "DROP TABLE audit_logs",
        "DROP TRIGGER audit_logs_rows_stay ON audit_logs",
        "ALTER TABLE audit_logs DISABLE TRIGGER ALL",
        "ALTER TABLE audit_logs RENAME TO aside",
        "ALTER TABLE audit_logs OWNER TO codeb",
        "CREATE TRIGGER gone BEFORE INSERT ON audit_logs FOR EACH ROW EXECUTE FUNCTION audit_logs_stay()",
        "CREATE RULE gone AS ON INSERT TO audit_logs DO INSTEAD NOTHING",
        "CREATE OR REPLACE FUNCTION audit_logs_stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "SELECT audit_logs_prune(now())",
        "SET session_replication_role = replica",
        "SET ROLE codeb_owner",
        "GRANT codeb_owner TO codeb",
        "SELECT id FROM audit_logs FOR UPDATE",
        "CREATE TABLE mine (x int)",
        "CREATE TEMP TABLE audit_logs (x int)",
        "CREATE SCHEMA mine",
        "DELETE FROM schema_migrations",
        "INSERT INTO schema_migrations VALUES ('9999_ours.sql')",
        "DROP SCHEMA public CASCADE",
        "DROP OWNED BY codeb_owner",
        "ALTER DATABASE codeb RENAME TO other",
    ],
)
def test_the_role_of_the_api_adds_to_the_audit_and_takes_nothing_from_it(runtime: Database, attack: str) -> None:
    rows = AuditRows(runtime)
    old = entry(1, at=datetime.now(UTC) - timedelta(days=999))
    assert rows.write([old]) == []
    with runtime.transaction() as connection:
        before = connection.execute("SELECT * FROM audit_logs").fetchall()
    with runtime.transaction() as connection, pytest.raises(InsufficientPrivilege):
        connection.execute("SELECT set_config('codeb.audit_prune', 'on', true)")
        connection.execute(attack.encode())
    assert rows.write([entry(2)]) == []
    with runtime.transaction() as connection:
        after = connection.execute("SELECT * FROM audit_logs ORDER BY id").fetchall()
    assert (len(before), after[:1]) == (1, before)
    assert len(after) == 2


def test_the_role_of_the_api_gives_itself_nothing(server: PostgresProcess, runtime: Database) -> None:
    """PostgreSQL warns of such a grant and goes on."""
    before = psql(server, RIGHTS, "codeb")
    with runtime.transaction() as connection:
        connection.execute("GRANT ALL ON audit_logs TO codeb WITH GRANT OPTION")
    assert psql(server, RIGHTS, "codeb") == before


def test_everything_is_the_owners(server: PostgresProcess, runtime: Database) -> None:
    assert runtime.migrate() == []
    assert psql(server, OWNERS, "codeb").split() == ["codeb_owner"]


def test_only_the_owner_prunes_and_migrates(owner: Owner, runtime: Database) -> None:
    rows = AuditRows(runtime)
    rows.write([entry(number, at=datetime.now(UTC) - timedelta(days=days)) for number, days in ((1, 500), (2, 1))])
    with pytest.raises(InsufficientPrivilege):
        rows.prune(datetime.now(UTC))
    assert (owner.audit.prune(400, dry_run=True), owner.audit.prune(400), owner.audit.prune(400)) == (1, 1, 0)
    owner.database.require_owner()
    with pytest.raises(NotTheOwner, match="codeb_owner's: run this with sudo"):
        runtime.require_owner()


def test_until_the_owner_has_migrated_the_api_is_without_its_database(server: PostgresProcess, owner: Owner) -> None:
    with closing(Database.open(as_runtime(server))) as database:
        with pytest.raises(Unavailable, match=f"its schema lacks {MIGRATIONS[0]} and {len(MIGRATIONS) - 1} more.*"):
            database.migrate()
        assert not database.available()
        with pytest.raises(Unavailable, match="systemctl restart codeb-migrate"):
            ProjectRows(database, "codeb.test").all()
        assert owner.database.migrate() == MIGRATIONS
        assert owner.database.migrate() == []
        until(database.available, "the API sees the schema")
        assert database.migrate() == []


def test_the_server_starts_degraded_before_the_migration_and_is_whole_after_it(
    server: PostgresProcess, owner: Owner
) -> None:
    with closing(Database.open(as_runtime(server))) as database:
        recovered: list[bool] = []

        def recover(*, containers: bool) -> list[object]:
            recovered.append(containers)
            return []

        services = SimpleNamespace(database=database, recover=recover)
        watch = DatabaseWatch(cast(Services, services), interval=0.05)
        watch.begin()
        assert (watch.there, recovered) == (False, [False])
        owner.database.migrate()
        asyncio.run(_until_there(watch))
        assert recovered == [False, True]


async def _until_there(watch: DatabaseWatch) -> None:
    lanes = Lanes()
    following = asyncio.create_task(watch.follow(lanes))
    while not watch.there:
        await asyncio.sleep(0.05)
    following.cancel()
    await lanes.finish()


def test_a_schema_that_lacks_its_last_migration_is_named(owner: Owner, runtime: Database) -> None:
    assert runtime.available()
    with owner.database.transaction() as connection:
        connection.execute("DELETE FROM schema_migrations WHERE name = %s", [MIGRATIONS[-1]])
    with pytest.raises(Unavailable, match=f"lacks {MIGRATIONS[-1]}: `systemctl"):
        runtime.migrate()


def test_rights_that_were_lost_are_given_again_by_a_migration(
    server: PostgresProcess, owner: Owner, runtime: Database
) -> None:
    """A dump that was restored without them, say."""
    before = psql(server, RIGHTS, "codeb")
    psql(server, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM codeb", "codeb")
    with (
        closing(Database.open(as_runtime(server))) as database,
        pytest.raises(Unavailable, match="systemctl restart codeb-migrate"),
    ):
        database.migrate()
    assert owner.database.migrate() == []
    assert psql(server, RIGHTS, "codeb") == before
    assert runtime.migrate() == []


def test_what_one_role_had_made_is_handed_over_while_the_api_works_on() -> None:
    with bare_host() as process:
        psql(process, "CREATE ROLE codeb LOGIN PASSWORD 'runtime'; CREATE DATABASE codeb OWNER codeb;")
        alone = replace(as_runtime(process), owner="")
        with closing(Database.open(alone)) as database:
            assert database.migrate() == MIGRATIONS
            AuditRows(database).write([entry(1, at=datetime.now(UTC) - timedelta(days=999))])
            for _ in range(2):
                psql(process, SCRIPT)
            close(process)
            assert psql(process, OWNERS, "codeb").split() == ["codeb_owner"]
            handed_over = psql(process, RIGHTS, "codeb")
            AuditRows(database).write([entry(2)])
            make(database, "blog")
            with pytest.raises(InsufficientPrivilege), database.transaction() as connection:
                connection.execute("DELETE FROM audit_logs")
        with closing(open_owner(as_owner(process))) as owner:
            assert owner.database.migrate() == []
            assert psql(process, RIGHTS, "codeb") == handed_over
            assert owner.audit.prune(400) == 1


def make(database: Database, name: str) -> None:
    ProjectRows(database, "codeb.test").create(
        name, team_id="team-a", type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
    )
