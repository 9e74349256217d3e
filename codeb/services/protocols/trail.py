"""What the doors tell of each call: a row for the audit, and events for whoever follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One call of a tool, also one that was refused or crashed. ``params`` and ``result`` hold no secret any more.

    ``duration_ms`` is the handler's; ``tool`` is the tool's own name, whatever alias was asked for.
    ``whose`` is the team that may read it: None is that of the key, "" is nobody but the platform's operators.
    """

    id: str
    at: datetime
    tool: str
    params: Mapping[str, Any]
    result: Mapping[str, Any]
    key_id: str
    team_id: str
    role: str
    project: str | None
    success: bool
    error: str | None
    code: str | None
    duration_ms: float
    ip: str | None
    user_agent: str | None
    correlation_id: str
    source: str
    whose: str | None = None


class Audit(Protocol):
    def record(self, entry: AuditEntry) -> None:
        """Never blocks and never raises: the row waits in memory, then in a spool on disk, until it is stored."""
        ...


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """Something to follow. ``kind`` is the SSE event's name: ``log`` or ``deployment``.

    ``team_id`` says who may see it; None is the operator's own. ``data`` is the record that is sent. ``tool`` is whose
    call it tells of.
    """

    kind: str
    team_id: str | None
    data: Mapping[str, Any]
    project: str | None = None
    environment: str | None = None
    slot: str | None = None
    level: str = "info"
    tool: str | None = None


class Broadcast(Protocol):
    def publish(self, event: StreamEvent) -> None:
        """From any thread; never blocks, never raises."""
        ...
