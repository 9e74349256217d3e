"""The audit as its readers see it: in pages, counted as far as is cheap, exported, pruned. Spec section 6."""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from codeb.errors import InvalidInput
from codeb.services.protocols.audit_log import AuditLog, AuditQuery, Place, Reach
from codeb.services.protocols.records import Clock
from codeb.services.protocols.trail import AuditEntry

MOST = 1000
COUNTED = 10_000
"""A total is exact up to here; beyond it a reader is told that there are more."""
RETENTION_DAYS = 400
SHORTEST_RETENTION_DAYS = 30
"""The database itself refuses to delete a row that is younger."""
_LONGEST_CURSOR = 200
_PLACE = re.compile(r"(\d{4}-\d{2}-\d{2}T[\d:.]{8,15}\+00:00)\|([A-Za-z0-9_-]{1,40})")
_EVERYTHING = 2**31


@dataclass(frozen=True, slots=True)
class AuditPage:
    """``next_cursor`` is None on the last page."""

    entries: Sequence[AuditEntry]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ReadAudit:
    log: AuditLog
    clock: Clock

    def page(self, query: AuditQuery, limit: int, *, after: str | None = None, offset: int = 0) -> AuditPage:
        """Newest first; rows written meanwhile neither repeat nor hide one. Raises InvalidInput, Unavailable."""
        place = place_of(after) if after else None
        found = self.log.rows(query, limit + 1, after=place, offset=offset)
        entries = found[:limit]
        more = len(found) > limit
        return AuditPage(entries, cursor_of(entries[-1]) if more else None)

    def total(self, query: AuditQuery) -> tuple[int, bool]:
        """How many, and whether that is exact: nobody counts a million rows for a page of a hundred."""
        count = self.log.count(query, COUNTED + 1)
        return min(count, COUNTED), count <= COUNTED

    def export(self, query: AuditQuery) -> Iterator[AuditEntry]:
        """All of them, newest first, a page in memory at a time. Raises Unavailable, also in the middle."""
        place: Place | None = None
        while found := self.log.rows(query, MOST, after=place):
            yield from found
            place = Place(found[-1].at, found[-1].id)

    def prune(self, older_than_days: int, *, dry_run: bool = False) -> int:
        """Delete what is older than that many days, or count it; returns how many rows. Raises InvalidInput."""
        if older_than_days < SHORTEST_RETENTION_DAYS:
            raise InvalidInput("olderThanDays", f"the audit is kept for {SHORTEST_RETENTION_DAYS} days at least")
        before = self.clock.now() - timedelta(days=older_than_days)
        if not dry_run:
            return self.log.prune(before)
        return self.log.count(AuditQuery(Reach(None), until=before), _EVERYTHING)


def cursor_of(entry: AuditEntry) -> str:
    text = f"{entry.at.astimezone(UTC).isoformat()}|{entry.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """Raises InvalidInput for what no page ever gave."""
    padded = cursor[:_LONGEST_CURSOR] + "=" * (-len(cursor) % 4)
    try:
        match = _PLACE.fullmatch(base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii"))
        at = datetime.fromisoformat(match[1]) if match else None
    except ValueError:
        match = at = None
    if match is None or at is None:
        raise InvalidInput("after", "it is not a cursor that a page of the audit gave")
    return Place(at, match[2])
