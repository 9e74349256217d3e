"""Slots as slot_status and slot_list show them. What stays the same as long as the slots do is drawn once."""

from dataclasses import dataclass
from datetime import datetime

from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.records import iso, slot_record
from codeb.domain.slots import Slot, SlotPair
from codeb.services.protocols import Observed
from codeb.services.status import Status
from codeb.tools.release_view import version_of
from codeb.tools.results import Record, where
from codeb.tools.settings_view import shown


def slot_status(project: Project, status: Status, now: datetime) -> Record:
    drawn, observed = picture(status.pair), status.observed
    head, slots = drawn.head, (status.pair.blue, status.pair.green)
    data = {
        **head,
        "teamId": project.team_id,
        "activeSlot": drawn.active,
        **{
            name: {**record, "healthStatus": health(slot, observed[slot.name])}
            for (name, record), slot in zip(drawn.records.items(), slots, strict=True)
        },
        **drawn.tail,
    }
    both_slots = {
        name: {
            **record,
            "running": observed[slot.name].running,
            "gracePeriodRemaining": _remaining(slot, now),
        }
        for (name, record), slot in zip(drawn.slots.items(), slots, strict=True)
    }
    return {**head, "data": data, "activeSlot": drawn.active, "slots": both_slots}


def _remaining(slot: Slot, now: datetime) -> Record | None:
    if slot.grace_expires_at is None:
        return None
    minutes = max(0, round((slot.grace_expires_at - now).total_seconds() / 60))
    return {"hours": minutes // 60, "minutes": minutes % 60}


def slot_summary(pair: SlotPair, team_id: str) -> Record:
    """One line of ``slot_list``."""
    return {**picture(pair).summary, "teamId": team_id}


@dataclass(frozen=True, slots=True)
class Picture:
    """What of an answer is the same for as long as the slots are: it is made once, and nobody changes it."""

    pair: SlotPair
    head: Record
    active: str | None
    records: dict[str, Record]
    slots: dict[str, Record]
    tail: Record
    summary: Record


_pictures: dict[Environment, Picture] = {}
_MOST_PICTURES = 10_000


def picture(pair: SlotPair) -> Picture:
    """Of this very pair; that of the one before it goes."""
    drawn = _pictures.get(pair.environment)
    if drawn is None or drawn.pair is not pair:
        if len(_pictures) >= _MOST_PICTURES:
            _pictures.clear()
        drawn = _pictures[pair.environment] = _drawn(pair)
    return drawn


def _drawn(pair: SlotPair) -> Picture:
    head, updated = where(pair.environment), iso(last_updated(pair))
    active = str(pair.active.name) if pair.active else None
    summary = {**head, "activeSlot": active, "lastUpdated": updated}
    for slot in both(pair):
        summary |= {
            f"{slot.name}State": str(slot.state),
            f"{slot.name}Port": slot.port,
            f"{slot.name}Version": version_of(slot),
        }
    return Picture(
        pair,
        head,
        active,
        records={str(slot.name): _slot_record(slot) for slot in both(pair)},
        slots={str(slot.name): _slot(pair, slot) for slot in both(pair)},
        tail={"maintenance": pair.maintenance, "generation": pair.generation, "lastUpdated": updated},
        summary=summary,
    )


def _slot_record(slot: Slot) -> Record:
    record = slot_record(slot)
    return {**record, "settings": shown(record["settings"] or {})}


def _slot(pair: SlotPair, slot: Slot) -> Record:
    return {
        "status": str(slot.state),
        "isActive": slot is pair.active,
        "container": pair.environment.container(slot.name),
        "port": slot.port,
        "version": version_of(slot),
        "deploymentId": slot.release and slot.release.deployment_id,
    }


def health(slot: Slot, observed: Observed) -> str:
    """The original's words. A running container without a health check of its own was probed when it was deployed."""
    if slot.release is None:
        return "unknown"
    if not observed.running:
        return "unhealthy"
    return observed.health if observed.health in ("healthy", "unhealthy") else "unknown"


def both(pair: SlotPair) -> tuple[Slot, Slot]:
    return pair.blue, pair.green


def last_updated(pair: SlotPair) -> datetime | None:
    moments = [m for slot in both(pair) for m in (slot.promoted_at, slot.rolled_back_at) if m]
    moments += [slot.release.deployed_at for slot in both(pair) if slot.release]
    return max(moments, default=None)
