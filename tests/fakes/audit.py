"""The audit: a trail that only keeps, a log in memory, a table that can be away, and an entry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from codeb.errors import Unavailable
from codeb.services.protocols.audit_log import AuditQuery, Place
from codeb.services.protocols.trail import AuditEntry

BEGIN = datetime(2026, 11, 24, 12, tzinfo=UTC)


def entry(number: int = 0, **facts: Any) -> AuditEntry:
    """The call number ``number``, a second after the one before."""
    given = {
        "id": f"aud_{number:08d}",
        "at": BEGIN + timedelta(seconds=number),
        "tool": "slot_list",
        "params": {},
        "result": {},
        "key_id": "key_1",
        "team_id": "team-a",
        "role": "viewer",
        "project": None,
        "success": True,
        "error": None,
        "code": None,
        "duration_ms": 1.5,
        "ip": "127.0.0.1",
        "user_agent": None,
        "correlation_id": "c0ffee",
        "source": "api",
    }
    return AuditEntry(**{**given, **facts})


@dataclass
class FakeTrail:
    entries: list[AuditEntry] = field(default_factory=list)

    def record(self, entry: AuditEntry) -> None:
        self.entries.append(entry)

    def begin(self) -> None: ...

    def close(self) -> None: ...

    def size(self) -> int:
        return 0


@dataclass
class FakeSink:
    """A table. ``refused`` are ids that it takes never."""

    away: bool = False
    refused: frozenset[str] = frozenset()
    stored: dict[str, AuditEntry] = field(default_factory=dict)
    writes: int = 0

    def available(self) -> bool:
        return not self.away

    def write(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        if self.away:
            raise Unavailable("the database", "connection refused")
        self.writes += 1
        self.stored |= {each.id: each for each in entries if each.id not in self.refused}
        return [each for each in entries if each.id in self.refused]


@dataclass
class FakeAuditLog:
    entries: list[AuditEntry] = field(default_factory=list)
    away: bool = False

    def rows(
        self, query: AuditQuery, limit: int, *, after: Place | None = None, offset: int = 0
    ) -> Sequence[AuditEntry]:
        found = sorted(self._found(query), key=lambda each: (each.at, each.id), reverse=True)
        if after is not None:
            found = [each for each in found if (each.at, each.id) < (after.at, after.id)]
        return found[offset : offset + limit]

    def count(self, query: AuditQuery, most: int) -> int:
        return min(len(self._found(query)), most)

    def prune(self, before: datetime) -> int:
        kept = [each for each in self.entries if each.at >= before]
        gone = len(self.entries) - len(kept)
        self.entries = kept
        return gone

    def _found(self, query: AuditQuery) -> list[AuditEntry]:
        if self.away:
            raise Unavailable("the database", "connection refused")
        return [each for each in self.entries if _asked(query, each) and _within(query, each)]


def _asked(query: AuditQuery, row: AuditEntry) -> bool:
    wanted = {
        row.team_id if row.whose is None else row.whose: query.reach.team_id,
        row.project: query.project,
        row.tool: query.tool,
        row.key_id: query.key_id,
    }
    return all(value in (None, has) for has, value in wanted.items()) and query.success in (None, row.success)


def _within(query: AuditQuery, row: AuditEntry) -> bool:
    reach = query.reach
    if reach.projects is not None and row.project not in reach.projects and row.key_id != reach.key_id:
        return False
    return (query.since is None or row.at >= query.since) and (query.until is None or row.at < query.until)
