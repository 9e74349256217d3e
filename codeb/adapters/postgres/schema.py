"""The schema: which migrations it lacks, and what the role of the API may do in it. Spec section 7, security 17."""

from importlib import resources
from typing import Any

from psycopg import Connection
from psycopg.errors import InsufficientPrivilege, UndefinedTable
from psycopg.rows import scalar_row
from psycopg.sql import SQL, Identifier

_MIGRATION_LOCK = 0x0C0DEB
_APPLIED = "SELECT name FROM schema_migrations"
_RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO {runtime}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC, {runtime}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {runtime}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {runtime}",
    "REVOKE ALL ON audit_logs, schema_migrations FROM {runtime}",
    "GRANT SELECT, INSERT ON audit_logs TO {runtime}",
    "GRANT SELECT ON schema_migrations TO {runtime}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {runtime}",
)
"""Said again after every migration, so that a table is the runtime role's to use from its first moment. Whoever
upgrades a platform says the same on the storage host: templates/postgres/setup.sql.j2."""


def migrate(connection: Connection[Any], runtime: str) -> list[str]:
    """Apply what is missing, in order, and grant ``runtime`` what the API needs; all of it or nothing."""
    connection.execute("SET LOCAL lock_timeout = 0")
    connection.execute("SET LOCAL statement_timeout = 0")
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATION_LOCK])
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations"
        " (name varchar(200) PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    known, applied = _known(connection), []
    for name, text in _migrations():
        if name not in known:
            connection.execute(SQL(text))
            connection.execute("INSERT INTO schema_migrations (name) VALUES (%s)", [name])
            applied.append(name)
    if runtime:
        for right in _RIGHTS:
            connection.execute(SQL(right).format(runtime=Identifier(runtime)))
    return applied


def lacking(connection: Connection[Any]) -> list[str]:
    """The migrations that are not applied, as far as this role can see."""
    try:
        known = _known(connection)
    except (UndefinedTable, InsufficientPrivilege):
        known = set()
    return [name for name, _ in _migrations() if name not in known]


def _known(connection: Connection[Any]) -> set[str]:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute(_APPLIED))


def _migrations() -> list[tuple[str, Any]]:
    files = (file for file in resources.files("codeb.migrations").iterdir() if file.name.endswith(".sql"))
    return sorted((file.name, file.read_text()) for file in files)
