"""The journal's events, brought into the database: merged by id, never twice. Design section 2."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg import Connection, DatabaseError
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from codeb.adapters.postgres.database import Database, Row
from codeb.domain.deployment import Deployment
from codeb.domain.events import SETTLING, Event, EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.records import deployment_from
from codeb.errors import Unavailable
from codeb.services.protocols import Journal

_log = structlog.get_logger()
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""An escaped NUL, and not a backslash that happens to stand before ``u0000``."""


def _storable(value: object) -> str:
    """JSON that jsonb takes: PostgreSQL has no NUL and no half of a surrogate pair in its text."""
    text = _NUL.sub(r"\1", json.dumps(value, ensure_ascii=False))
    return text.encode("utf-8", "replace").decode()


def _jsonb(value: object) -> Jsonb:
    return Jsonb(value, dumps=_storable)


_UPSERT_DEPLOYMENT = """
    INSERT INTO deployments (id, project_name, environment, slot, status, record, created_at)
    VALUES (%(id)s, %(project)s, %(environment)s, %(slot)s, %(status)s, %(record)s, %(created_at)s)
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, record = excluded.record, slot = excluded.slot
"""
_UPDATE_SLOTS = """
    UPDATE project_slots
       SET active_slot = %(active)s, blue = %(blue)s, green = %(green)s, maintenance = %(maintenance)s,
           generation = %(generation)s, updated_at = now()
     WHERE project_name = %(project)s AND environment = %(environment)s AND generation < %(generation)s
"""
_PROMOTED = "UPDATE deployments SET promoted_at = %s, promoted_by = %s, receipt = %s WHERE id = %s"
_ROLLED_BACK = "UPDATE deployments SET rolled_back_at = %s, rolled_back_by = %s, rollback_reason = %s WHERE id = %s"


@dataclass(frozen=True, slots=True)
class PostgresHistory:
    database: Database
    journal: Journal

    def project(self, environment: Environment) -> bool:
        events = self.journal.events(environment)
        try:
            with self.database.transaction() as connection:
                for event in _after(events, _position(connection, environment)):
                    _apply(connection, environment, event)
                if events:
                    _remember(connection, environment, events[-1].id)
        except (Unavailable, DatabaseError) as error:
            _log.warning("history_behind", environment=environment.key, reason=str(error))
            return False
        return True

    def deployments(self, project: str, environment: EnvironmentName | None, limit: int) -> Sequence[Deployment]:
        with self.database.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM deployments WHERE project_name = %s AND (%s::text IS NULL OR environment = %s)"
                " ORDER BY created_at DESC LIMIT %s",
                [project, environment, environment, limit],
            )
            return [_deployment(row) for row in rows]


def _position(connection: Connection[DictRow], environment: Environment) -> str | None:
    """How far the journal has been read; locks the environment's row, so that two writers take turns."""
    connection.execute(
        "SELECT 1 FROM project_slots WHERE project_name = %s AND environment = %s FOR UPDATE",
        [environment.project, environment.name],
    )
    row = connection.execute(
        "SELECT event_id FROM journal_positions WHERE project_name = %s AND environment = %s",
        [environment.project, environment.name],
    ).fetchone()
    return row["event_id"] if row else None


def _after(events: Sequence[Event], position: str | None) -> Sequence[Event]:
    for index, event in enumerate(events):
        if event.id == position:
            return events[index + 1 :]
    return events


def _remember(connection: Connection[DictRow], environment: Environment, event_id: str) -> None:
    connection.execute(
        "INSERT INTO journal_positions (project_name, environment, event_id)"
        " SELECT %s, %s, %s WHERE EXISTS (SELECT 1 FROM projects WHERE name = %s)"
        " ON CONFLICT (project_name, environment) DO UPDATE SET event_id = excluded.event_id",
        [environment.project, environment.name, event_id, environment.project],
    )


def _apply(connection: Connection[DictRow], environment: Environment, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    if event.kind is EventKind.DEPLOYMENT:
        _apply_deployment(connection, environment, data["deployment"])
    if event.kind in SETTLING:
        slots = data["slots"]
        connection.execute(
            _UPDATE_SLOTS,
            {
                "active": slots["activeSlot"],
                "blue": _jsonb(slots["blue"]),
                "green": _jsonb(slots["green"]),
                "maintenance": slots["maintenance"],
                "generation": event.generation,
                "project": environment.project,
                "environment": environment.name,
            },
        )
    if event.kind is EventKind.SWITCHED:
        if data["transition"] == "promote":
            connection.execute(_PROMOTED, [event.at, event.by, _jsonb(data["receipt"]), data["deployment"]])
        else:
            connection.execute(_ROLLED_BACK, [event.at, event.by, event.why, data["previous"]])


def _apply_deployment(connection: Connection[DictRow], environment: Environment, record: Mapping[str, Any]) -> None:
    connection.execute(
        _UPSERT_DEPLOYMENT,
        {
            "id": record["id"],
            "project": environment.project,
            "environment": environment.name,
            "slot": record["slot"],
            "status": record["status"],
            "record": _jsonb(record),
            "created_at": record["created_at"],
        },
    )


def _deployment(row: Row) -> Deployment:
    extra = ("promoted_at", "promoted_by", "rolled_back_at", "rolled_back_by", "rollback_reason", "receipt")
    return deployment_from({**row["record"], **{name: row[name] for name in extra}})
