"""Which events of a journal stay when its history is in the database. Design section 2."""

from collections.abc import Callable, Mapping, Sequence

from codeb.domain.deployment import OPEN
from codeb.domain.events import SETTLING, Event, EventKind

LONG = 400
"""A journal of more lines is shortened."""
WORTHWHILE = 100
"""Fewer lines than this are not worth a file written anew."""
KEPT_DEPLOYMENTS = 50
"""The newest deployments stay: a rollback to one of them needs its record while the database is away."""


def kept(events: Sequence[Event], position: str) -> Sequence[int]:
    """The indexes that stay, in order: all of them where ``position``, what the database has, is not among them.

    Whatever is unfinished stays, whatever the database may lack, and what a rollback without it needs.
    """
    stored = _last(events, lambda event: event.id == position)
    if stored is None:
        return range(len(events))
    starts = [stored, _last(events, lambda event: event.kind in SETTLING), _open_intent(events)]
    tail = min(start for start in starts if start is not None)
    return sorted({*range(tail, len(events)), *_of_deployments(events)})


def _last(events: Sequence[Event], wanted: Callable[[Event], bool]) -> int | None:
    return next((index for index in reversed(range(len(events))) if wanted(events[index])), None)


def _open_intent(events: Sequence[Event]) -> int | None:
    intent = _last(events, lambda event: event.kind is EventKind.INTENT)
    if intent is None:
        return None
    ended = any(event.kind in (EventKind.DONE, EventKind.UNDONE) for event in events[intent:])
    return None if ended else intent


def _of_deployments(events: Sequence[Event]) -> set[int]:
    """The newest record of every open deployment and of the newest others, with what happened to these since."""
    newest: dict[str, int] = {}
    for index, event in enumerate(events):
        if event.kind is EventKind.DEPLOYMENT:
            newest[str(_record(event).get("id"))] = index
    recent = set(sorted(newest, key=newest.__getitem__)[-KEPT_DEPLOYMENTS:])
    still_open = {name for name, index in newest.items() if _record(events[index]).get("status") in OPEN}
    held = _held(events)
    kept_records = {newest[name] for name in (recent | still_open | held) & newest.keys()}
    return kept_records | _since(events, recent | held) | _migrations(events, held)


def _held(events: Sequence[Event]) -> set[str]:
    """The deployments that the slots hold."""
    settled = _last(events, lambda event: event.kind in SETTLING)
    slots = events[settled].data.get("slots") if settled is not None else None
    if not isinstance(slots, dict):
        return set()
    return {str(slots[name].get("deploymentId")) for name in ("blue", "green") if isinstance(slots.get(name), dict)}


def _migrations(events: Sequence[Event], deployments: set[str]) -> set[int]:
    """Every try of theirs: whether the last one ended is not all that matters, the first one's dump does too."""
    return {
        index
        for index, event in enumerate(events)
        if event.kind is EventKind.MIGRATED and event.data.get("deployment") in deployments
    }


def _since(events: Sequence[Event], deployments: set[str]) -> set[int]:
    """Their newest migration, promotion and rollback."""
    newest: dict[tuple[str, str], int] = {}
    for index, event in enumerate(events):
        subject = str(event.data.get("deployment"))
        if event.kind is EventKind.MIGRATED:
            newest[subject, event.kind] = index
        if event.kind is EventKind.SWITCHED:
            transition = str(event.data.get("transition"))
            of = subject if transition == "promote" else str(event.data.get("previous"))
            newest[of, transition] = index
    return {index for (name, _), index in newest.items() if name in deployments}


def _record(event: Event) -> Mapping[str, object]:
    record = event.data.get("deployment")
    return record if isinstance(record, dict) else {}
