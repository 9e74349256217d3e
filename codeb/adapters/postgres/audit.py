"""The table audit_logs: rows are added and read, never changed. Spec sections 6 and 7."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from psycopg import DatabaseError, DataError, IntegrityError
from psycopg.sql import SQL, Composed

from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.json_text import jsonb
from codeb.errors import Unavailable
from codeb.services.protocols.audit_log import AuditQuery, Place
from codeb.services.protocols.trail import AuditEntry

_COLUMNS = {
    "id": "id",
    "created_at": "at",
    "tool": "tool",
    "params": "params",
    "result": "result",
    "auth_key_id": "key_id",
    "auth_team_id": "team_id",
    "auth_role": "role",
    "project": "project",
    "success": "success",
    "error": "error",
    "code": "code",
    "duration_ms": "duration_ms",
    "ip": "ip",
    "user_agent": "user_agent",
    "correlation_id": "correlation_id",
    "source": "source",
    "team": "whose",
}
"""The table's names and the entry's."""
_values = attrgetter(*_COLUMNS.values())
_INSERT = SQL(
    "INSERT INTO audit_logs ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::audit_logs, %s)"
    " ON CONFLICT (id) DO NOTHING"
).format(columns=SQL(", ".join(_COLUMNS)))
"""A batch as one value: the rows' parameters one by one would cost more than the calls that they tell of."""
_SELECT = SQL("SELECT {} FROM audit_logs").format(SQL(", ".join(_COLUMNS)))
_THE_ROWS_FAULT = (DataError, IntegrityError, ValueError)
_EITHER = "(project = ANY(%(projects)s) OR auth_key_id = %(own)s)"
_WAYS = (
    "project = ANY(%(projects)s)",
    "(project = ANY(%(projects)s)) IS NOT TRUE AND auth_key_id = %(own)s",
)
"""The same in two halves, each with an index to walk: of both at once PostgreSQL reads the whole table."""
_FIRST = SQL(" ORDER BY created_at DESC, id DESC LIMIT %(most)s")
_PAGE = SQL(" ORDER BY created_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s")


@dataclass(frozen=True, slots=True)
class AuditRows:
    database: Database

    def available(self) -> bool:
        return self.database.available()

    def write(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        """All of them in one transaction, each once however often it is written; returns those no table takes.

        Raises Unavailable: also where the table is not there yet.
        """
        try:
            self._insert(entries)
        except _THE_ROWS_FAULT:
            return [entry for entry in entries if not self._written(entry)]
        except DatabaseError as error:
            raise Unavailable("the database", _first_line(error)) from error
        return []

    def rows(
        self, query: AuditQuery, limit: int, *, after: Place | None = None, offset: int = 0
    ) -> Sequence[AuditEntry]:
        text, values = page_statement(query, limit, after, offset)
        with self.database.transaction() as connection:
            return [_entry(row) for row in connection.execute(text, values)]

    def count(self, query: AuditQuery, most: int) -> int:
        where, values = _where(query, None)
        text = SQL("SELECT count(*) AS rows FROM (SELECT 1 FROM audit_logs{} LIMIT %(most)s) AS counted").format(where)
        with self.database.transaction() as connection:
            row = connection.execute(text, {**values, "most": most}).fetchone()
        return int(row["rows"]) if row else 0

    def prune(self, before: datetime) -> int:
        """In turns, so that none of them holds anybody up for long."""
        total = 0
        while gone := self._pruned(before):
            total += gone
        return total

    def _pruned(self, before: datetime) -> int:
        with self.database.transaction() as connection:
            row = connection.execute("SELECT audit_logs_prune(%s) AS gone", [before]).fetchone()
        return int(row["gone"]) if row else 0

    def _insert(self, entries: Sequence[AuditEntry]) -> None:
        with self.database.transaction() as connection:
            connection.execute(_INSERT, [jsonb([_row(entry) for entry in entries])])

    def _written(self, entry: AuditEntry) -> bool:
        try:
            self._insert([entry])
        except _THE_ROWS_FAULT:
            return False
        return True


def page_statement(query: AuditQuery, limit: int, after: Place | None, offset: int) -> tuple[Composed, dict[str, Any]]:
    where, values = _where(query, after)
    values |= {"limit": limit, "offset": offset, "most": limit + offset}
    if query.reach.projects is None:
        return _SELECT + where + _PAGE, values
    ways = [_SELECT + _where(query, after, way)[0] + _FIRST for way in _WAYS]
    return SQL("SELECT * FROM (({}) UNION ALL ({})) AS reached").format(*ways) + _PAGE, values


def _where(query: AuditQuery, after: Place | None, within: str = _EITHER) -> tuple[Composed, dict[str, Any]]:
    reach = query.reach
    conditions = {
        "COALESCE(team, auth_team_id) = %(team)s": reach.team_id,
        within: reach.projects,
        "project = %(project)s": query.project,
        "tool = %(tool)s": query.tool,
        "auth_key_id = %(key)s": query.key_id,
        "success = %(success)s": query.success,
        "created_at >= %(since)s": query.since,
        "created_at < %(until)s": query.until,
        "(created_at, id) < (%(at)s, %(id)s)": after,
    }
    asked = [SQL(text) for text, value in conditions.items() if value is not None]
    values = {
        "team": reach.team_id,
        "projects": sorted(reach.projects or ()),
        "own": reach.key_id,
        "project": query.project,
        "tool": query.tool,
        "key": query.key_id,
        "success": query.success,
        "since": query.since,
        "until": query.until,
        "at": after and after.at,
        "id": after and after.id,
    }
    return SQL(" WHERE {}").format(SQL(" AND ").join(asked)) if asked else Composed([]), values


def _row(entry: AuditEntry) -> dict[str, Any]:
    row = dict(zip(_COLUMNS, _values(entry), strict=True))
    return {
        **row,
        "created_at": entry.at.isoformat(),
        "params": dict(entry.params),
        "result": dict(entry.result),
    }


def _entry(row: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry(**{name: row[column] for column, name in _COLUMNS.items()})


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
