"""The API's own warnings and errors, as ``log`` events for whoever follows. Spec section 6, "SSE"; lesson 4."""

from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from codeb.api.streams.log_places import LogPlace
from codeb.api.streams.rights import level_of
from codeb.domain.masking import Cover, masked_record, masked_text
from codeb.domain.project import Project
from codeb.domain.records import iso
from codeb.services.protocols.trail import Broadcast, StreamEvent

_TOLD = frozenset({"warn", "error"})
_METADATA = (
    *("tool", "reason", "effect", "what", "correlation_id", "status", "container", "deployment", "code", "count"),
)
"""The fields of an entry that are told; what else it has, a stack or a path, is the operator's log's."""


Find = Callable[[str], Project | None]


@dataclass(slots=True)
class LogEvents:
    """A processor that passes every entry on as it is. Put it where the level and what was bound are in the entry.

    Nothing is told before :meth:`begin`: until then nobody knows what is secret, nor whose a project is.
    """

    hub: Broadcast
    _known: tuple[Cover, Find] | None = None

    def begin(self, cover: Cover, project: Find) -> None:
        """``project`` answers from memory: an entry may be logged on the event loop, and under any lock."""
        self._known = cover, project

    def __call__(self, logger: object, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ARG002
        level = level_of(str(entry.get("level", method)))
        if level in _TOLD and self._known is not None:
            with suppress(Exception):  # the entry is written all the same, and whatever was being done goes on
                self.hub.publish(_event(entry, level, *self._known))
        return entry


def _event(entry: Mapping[str, Any], level: str, cover: Cover, find: Find) -> StreamEvent:
    place = LogPlace.of(entry)
    named = {"projectName": place.project, "environment": place.environment, "slot": place.slot}
    record: dict[str, Any] = {
        "timestamp": iso(datetime.now(UTC)),
        "level": level,
        "source": "api",
        "message": masked_text(str(entry.get("event", "")), cover),
        "metadata": masked_record({name: entry[name] for name in _METADATA if name in entry}, cover),
        **{name: masked_text(value, cover) for name, value in named.items() if value is not None},
    }
    team = _team(entry, place, find)
    return StreamEvent("log", team, record, place.project, place.environment, place.slot, level)


def _team(entry: Mapping[str, Any], place: LogPlace, find: Find) -> str | None:
    """Whose project it is about, else whose request it was; None, the operator's own, where that is not known."""
    if place.project is not None:
        project = find(place.project)
        return project.team_id if project else None
    return None if entry.get("platform") or not entry.get("team_id") else str(entry["team_id"])
