"""Reading the audit: what may be asked, a page of it, and who keeps it. Spec section 6."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from codeb.services.protocols.trail import AuditEntry


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rows a reader may see. ``team_id`` None is every team's: see ``AuditEntry.whose``.

    ``projects`` narrows to rows of these projects and to those of ``key_id`` itself.
    """

    team_id: str | None
    projects: frozenset[str] | None = None
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """``since`` is included, ``until`` is not. None asks for everything."""

    reach: Reach
    project: str | None = None
    tool: str | None = None
    key_id: str | None = None
    success: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The row after which a page begins: rows are ordered by time and, within a moment, by id, newest first."""

    at: datetime
    id: str


class AuditLog(Protocol):
    """Everything may raise Unavailable: only the database can be asked."""

    def rows(
        self, query: AuditQuery, limit: int, *, after: Place | None = None, offset: int = 0
    ) -> Sequence[AuditEntry]:
        """Newest first."""
        ...

    def count(self, query: AuditQuery, most: int) -> int:
        """Exact below ``most``; never looks at more rows than that."""
        ...

    def prune(self, before: datetime) -> int:
        """Delete what is older; returns how many rows."""
        ...
