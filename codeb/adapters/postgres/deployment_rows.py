"""The rows of deployments: what the journal tells of them, merged with what is stored already. Design section 2."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from codeb.adapters.journal.deployments import Account, Promotion, Return
from codeb.adapters.postgres.database import Row
from codeb.adapters.postgres.json_text import jsonb
from codeb.domain.deployment import Deployment
from codeb.domain.names import Environment, EnvironmentName

_NEWEST = """
    SELECT * FROM deployments
     WHERE project_name = %s AND (%s::text IS NULL OR environment = %s)
     ORDER BY created_at DESC, id DESC LIMIT %s
"""
_WRITE = """
    INSERT INTO deployments (id, project_name, environment, slot, status, record, created_at, promoted_at, promoted_by,
                             receipt, rolled_back_at, rolled_back_by, rollback_reason, rollback_receipt, migration)
    VALUES (%(id)s, %(project)s, %(environment)s, %(slot)s, %(status)s, %(record)s, %(created_at)s, %(promoted_at)s,
            %(promoted_by)s, %(receipt)s, %(rolled_back_at)s, %(rolled_back_by)s, %(rollback_reason)s,
            %(rollback_receipt)s, %(migration)s)
    ON CONFLICT (id) DO UPDATE
       SET slot = excluded.slot, status = excluded.status, record = excluded.record,
           promoted_at = excluded.promoted_at, promoted_by = excluded.promoted_by, receipt = excluded.receipt,
           rolled_back_at = excluded.rolled_back_at, rolled_back_by = excluded.rolled_back_by,
           rollback_reason = excluded.rollback_reason, rollback_receipt = excluded.rollback_receipt,
           migration = excluded.migration
"""


def newest(
    connection: Connection[DictRow], project: str, environment: EnvironmentName | None, limit: int
) -> Sequence[Deployment]:
    rows = connection.execute(_NEWEST, [project, environment, environment, limit])
    return [found for row in rows if (found := _account(row).deployment()) is not None]


def one(connection: Connection[DictRow], project: str, deployment_id: str) -> Deployment | None:
    row = connection.execute(
        "SELECT * FROM deployments WHERE id = %s AND project_name = %s", [deployment_id, project]
    ).fetchone()
    return _account(row).deployment() if row else None


def merge(connection: Connection[DictRow], environment: Environment, told: Mapping[str, Account]) -> None:
    """Bring accounts in. Of a deployment without a record, here and there, nothing can be stored."""
    for name, stored in _stored(connection, told.keys()).items():
        account = stored.updated(told[name])
        if account.record is not None:
            connection.execute(_WRITE, _values(name, environment, account))


def _stored(connection: Connection[DictRow], names: Collection[str]) -> dict[str, Account]:
    if not names:
        return {}
    rows = connection.execute("SELECT * FROM deployments WHERE id = ANY(%s)", [list(names)])
    found = {row["id"]: _account(row) for row in rows}
    return {name: found.get(name, Account()) for name in names}


def _account(row: Row) -> Account:
    promoted, back = row["promoted_at"], row["rolled_back_at"]
    return Account(
        record=row["record"],
        promotion=Promotion(promoted, row["promoted_by"], row["receipt"]) if promoted else None,
        rollback=Return(back, row["rolled_back_by"], row["rollback_reason"], row["rollback_receipt"]) if back else None,
        migration=row["migration"],
    )


def _values(name: str, environment: Environment, account: Account) -> dict[str, Any]:
    record, promoted, back = account.record or {}, account.promotion, account.rollback
    return {
        "id": name,
        "project": environment.project,
        "environment": environment.name,
        "slot": record["slot"],
        "status": record["status"],
        "record": jsonb(record),
        "created_at": record["created_at"],
        "promoted_at": promoted and promoted.at,
        "promoted_by": promoted and promoted.by,
        "receipt": jsonb(promoted.receipt if promoted else {}),
        "rolled_back_at": back and back.at,
        "rolled_back_by": back and back.by,
        "rollback_reason": back and back.why,
        "rollback_receipt": jsonb(back.receipt if back else {}),
        "migration": jsonb(account.migration),
    }
