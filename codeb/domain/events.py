"""What the journal of an environment holds. Design section 2."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    DEPLOYMENT = "deployment"
    """A deployment was recorded or changed; ``data`` is the whole record."""
    SLOTS = "slots"
    """The slots changed without a switch; ``data`` holds the pair after it."""
    INTENT = "intent"
    """A switch is about to move the pointer."""
    SWITCHED = "switched"
    """The pointer has moved and was verified; ``data`` holds the pair after it."""
    DONE = "done"
    MIGRATED = "migrated"
    """A deployment's migration command has run; ``data`` has ``deployment`` and ``migration`` (dump, logs)."""
    DELETING = "deleting"
    """The project is being deleted; what is left of it goes at the next recovery."""
    UNDONE = "undone"
    """The switch of the intent did not happen; the old word stands."""


SETTLING = frozenset({EventKind.SLOTS, EventKind.SWITCHED})
"""After an event of these kinds the slots are what it says, until a later one says otherwise."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal. ``generation`` is the environment's after the event."""

    id: str
    kind: EventKind
    at: datetime
    generation: int
    by: str
    why: str
    data: dict[str, object] = field(default_factory=dict)
