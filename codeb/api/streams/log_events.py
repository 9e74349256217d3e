"""The API's own warnings and errors, as ``log`` events for whoever follows. Spec section 6, "SSE"."""

from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

from structlog.typing import Processor

from codeb.api.streams.rights import level_of
from codeb.domain.records import iso
from codeb.services.protocols.trail import Broadcast, StreamEvent

_TOLD = frozenset({"warn", "error"})
_METADATA = ("tool", "reason", "effect", "correlation_id", "status", "container", "code")
"""The fields of an entry that are told; what else it has, a stack or a path, is the operator's log's."""


def publish_log(hub: Broadcast) -> Processor:
    """A processor that passes every entry on as it is. Put it after ``merge_contextvars`` and ``add_log_level``.

    An entry whose team is not known is the operator's own.
    """

    def publish(logger: object, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ARG001
        level = level_of(str(entry.get("level", method)))
        if level in _TOLD:
            hub.publish(_event(entry, level))
        return entry

    return publish


def _event(entry: Mapping[str, Any], level: str) -> StreamEvent:
    project, environment, slot = (_text(entry.get(name)) for name in ("project", "environment", "slot"))
    record: dict[str, Any] = {
        "timestamp": iso(datetime.now(UTC)),
        "level": level,
        "source": "api",
        "message": str(entry.get("event", "")),
        "metadata": {name: _short(entry[name]) for name in _METADATA if name in entry},
    }
    named = {"projectName": project, "environment": environment, "slot": slot}
    record |= {name: value for name, value in named.items() if value is not None}
    return StreamEvent("log", _text(entry.get("team_id")), record, project, environment, slot, level)


def _text(value: object) -> str | None:
    return str(value) if value else None


def _short(value: object) -> object:
    return value if isinstance(value, bool | int | float) else str(value)[:500]
