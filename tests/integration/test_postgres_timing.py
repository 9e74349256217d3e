"""Every statement on a real PostgreSQL is timed, and told to whoever counts."""

from pathlib import Path
from typing import cast

import pytest

from codeb.adapters.caddy.proxy import CaddyProxy
from codeb.adapters.postgres.database import Database
from codeb.bootstrap import build
from codeb.errors import Unavailable
from codeb.settings import Settings
from tests.doors import ENVIRON

pytestmark = pytest.mark.integration


def test_statements_are_told_by_their_first_word_also_those_that_fail(database: Database) -> None:
    told: list[tuple[str, float]] = []
    database.timing.heard = lambda operation, seconds: told.append((operation, seconds))
    with database.transaction() as connection:
        connection.execute("SELECT 1")
        connection.execute("CREATE TEMP TABLE t (a int)")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO t VALUES (%s)", [(1,), (2,)])
        assert [row["a"] for row in connection.execute("SELECT a FROM t ORDER BY a")] == [1, 2]
    with pytest.raises(Unavailable), database.transaction() as connection:
        connection.execute("SET statement_timeout = '50ms'")
        connection.execute("SELECT pg_sleep(5)")
    assert [operation for operation, _ in told] == ["select", "create", "insert", "select", "other", "select"]
    assert all(seconds > 0 for _, seconds in told)


def test_the_platforms_own_services_count_what_their_proxy_loads(tmp_path: Path) -> None:
    services = build(Settings.load({**ENVIRON, "CODEB_DB_HOST": "127.0.0.1", "CODEB_ROOT": str(tmp_path)}))
    try:
        assert services.reloads is cast(CaddyProxy, services.proxy).tree.reloads
    finally:
        services.close()
