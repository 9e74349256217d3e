"""Which events a key may see, and which of them a reader wants. Spec section 6, "SSE"; lesson 12."""

from collections.abc import Mapping
from dataclasses import dataclass

from codeb.domain.access import AuthContext
from codeb.domain.names import EnvironmentName, SlotName, project_name
from codeb.errors import InvalidInput
from codeb.services.protocols.trail import StreamEvent

LEVELS = ("debug", "info", "warn", "error")
_SAME = {"warning": "warn", "critical": "error", "exception": "error"}


def level_of(word: str) -> str:
    """The stream's own word for a logger's level; ``info`` for one that it does not know."""
    known = _SAME.get(word, word)
    return known if known in LEVELS else "info"


def may_see(auth: AuthContext, event: StreamEvent) -> bool:
    """What has no team is the operator's; a key with a list of projects sees what is of these only."""
    if auth.platform:
        return True
    if event.team_id is None or event.team_id != auth.team_id:
        return False
    return auth.projects is None or (event.project is not None and auth.covers(event.project))


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a stream, each an exact match; None takes everything."""

    project: str | None = None
    environment: str | None = None
    slot: str | None = None
    level: str | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """Raises InvalidInput for a word that nothing could ever match."""
        level = _SAME.get(query.get("level", ""), query.get("level", ""))
        name = query.get("project") or query.get("projectName")
        return cls(
            project=project_name(name) if name else None,
            environment=_one_of("environment", query.get("environment", ""), tuple(EnvironmentName)),
            slot=_one_of("slot", query.get("slot", ""), tuple(SlotName)),
            level=_one_of("level", level, LEVELS),
        )

    def takes(self, event: StreamEvent) -> bool:
        pairs = (
            (self.project, event.project),
            (self.environment, event.environment),
            (self.slot, event.slot),
            (self.level, event.level),
        )
        return all(wanted is None or wanted == found for wanted, found in pairs)


def _one_of(field: str, word: str, known: tuple[str, ...]) -> str | None:
    if not word:
        return None
    if word not in known:
        raise InvalidInput(field, f"{word[:50]!r} is not one of {', '.join(known)}")
    return str(word)
