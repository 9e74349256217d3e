"""The pages of the audit that are measured: the first one, one deep in the key set, and those of each filter."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bench.history import DAYS, connected
from bench.host import Host
from bench.seeded import TEAM
from bench.wrk import Load
from codeb.adapters.postgres.audit import AuditRows
from codeb.adapters.postgres.database import Database
from codeb.domain.records import iso
from codeb.services.audit import cursor_of
from codeb.services.protocols.audit_log import AuditQuery, Reach

LIMIT = 50
_COUNT = "SELECT count(*) FROM audit_logs WHERE auth_team_id = %s"


def page_loads(host: Host) -> list[Load]:
    """Each is asked once here: a page that is not full would be measured for what it does not do."""
    asked: Mapping[str, Mapping[str, object]] = {
        "first page": {},
        "deep page": {"after": _deep(host)},
        "by project": {"projectName": "project-1"},
        "by tool": {"tool": "deploy"},
        "by time": {"until": iso(datetime.now(UTC) - timedelta(days=DAYS / 2))},
    }
    for name, params in asked.items():
        record = host.server.call(host.keys[0], "audit_list", {"limit": LIMIT, **params})
        if record["count"] != LIMIT:
            raise RuntimeError(f"audit_list, {name}: {record['count']} rows are no full page")
    return [_load(f"audit_list, {name}", host, params) for name, params in asked.items()]


def _load(name: str, host: Host, params: Mapping[str, object]) -> Load:
    body = {"tool": "audit_list", "params": {"limit": LIMIT, **params}}
    return Load(name, host.keys[:20], [json.dumps(body)])


def _deep(host: Host) -> str:
    """The cursor of a page with nine tenths of the team's rows before it."""
    with connected(host.database) as connection:
        ((rows,),) = connection.execute(_COUNT, [TEAM]).fetchall()
    database = Database.open(host.database)
    try:
        (entry,) = AuditRows(database).rows(AuditQuery(Reach(TEAM)), 1, offset=int(str(rows)) * 9 // 10)
    finally:
        database.close()
    return cursor_of(entry)
