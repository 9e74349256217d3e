"""The adapters' tests again, with the role of the API: it may do all that the API does. Security 17."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from codeb.adapters.postgres.database import Database
from codeb.bootstrap import open_owner
from codeb.settings import Database as DatabaseSettings
from tests.integration import test_domains, test_envs, test_postgres, test_postgres_history, test_tasks
from tests.integration.postgres_process import PostgresProcess
from tests.integration.storage_host import as_owner, as_runtime, psql, storage_host

pytestmark = pytest.mark.integration

_OF_THE_OWNER = {
    "test_migrations_run_once_also_when_two_servers_start_at_once",
    "test_rows_of_before_the_migration_are_active_and_counted",
}
"""These remake the schema."""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    with storage_host() as process:
        yield process


@pytest.fixture(scope="module")
def postgres_settings(server: PostgresProcess) -> DatabaseSettings:
    return as_runtime(server)


@pytest.fixture
def database(server: PostgresProcess) -> Iterator[Database]:
    """Empty, migrated by its owner, opened as the API."""
    psql(server, "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION codeb_owner;", "codeb")
    with closing(open_owner(as_owner(server))) as owner:
        owner.database.migrate()
    with closing(Database.open(as_runtime(server))) as database:
        assert database.migrate() == []
        yield database


for _module in (test_domains, test_envs, test_postgres, test_postgres_history, test_tasks):
    globals().update(
        {
            name: each
            for name, each in vars(_module).items()
            if name not in _OF_THE_OWNER and name not in globals() and callable(each)
        }
    )
