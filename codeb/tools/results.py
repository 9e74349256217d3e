"""Answers as records: the wire's keys, those of the original plus what its clients print and never got."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from codeb.domain.deployment import DeployFailed, Deployment, Step
from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.records import iso, slot_record
from codeb.domain.slots import Slot, SlotPair
from codeb.errors import CodebError
from codeb.services.env_diff import EnvDiff
from codeb.services.promote import Switched
from codeb.services.protocols import Observed
from codeb.services.release_steps import DeployResult
from codeb.services.repairs import Finding
from codeb.services.sites import Addresses
from codeb.services.status import Status

Record = dict[str, Any]


def step_record(step: Step) -> Record:
    record = {"name": str(step.name), "status": str(step.status), "duration": step.duration}
    return {**record, "error": step.error} if step.error else record


def where(environment: Environment) -> Record:
    return {"projectName": environment.project, "environment": str(environment.name)}


def deployed(result: DeployResult, pair: SlotPair, addresses: Addresses) -> Record:
    held = pair.slot(result.slot).release
    record = {
        **where(result.environment),
        "slot": str(result.slot),
        "port": result.port,
        "image": result.image,
        "digest": held and held.digest,
        "version": held and held.version,
        "previewUrl": result.preview_url,
        "previewLink": result.preview_link,
        "healthChecked": result.health_checked,
        "deploymentId": result.deployment_id,
        "changed": result.changed,
        "container": result.environment.container(result.slot),
        "isFirstDeploy": pair.active is None,
        "url": addresses.url(result.environment),
        "steps": [step_record(step) for step in result.steps],
        "warnings": list(result.warnings),
    }
    return {**record, "graceDiscarded": dict(result.grace_discarded)} if result.grace_discarded else record


def switched(result: Switched, domain: str, now: datetime) -> Record:
    """What promote and rollback have in common."""
    active, previous = result.active, result.previous
    return {
        **where(result.environment),
        "changed": result.changed,
        "fromSlot": previous and str(previous.name),
        "toSlot": str(active.name),
        "slot": str(active.name),
        "port": active.port,
        "image": active.release and active.release.image,
        "deploymentId": active.release and active.release.deployment_id,
        "activeSlot": str(active.name),
        "previousSlot": previous and str(previous.name),
        "previousVersion": version_of(previous),
        "newVersion": version_of(active),
        "domain": result.environment.host(domain),
        "url": result.url,
        "productionUrl": result.url,
        "gracePeriod": grace_period(previous, now),
        "maintenance": result.maintenance,
        "envChanges": env_changes(result.env_diff),
        "receipt": result.receipt and result.receipt.record(),
    }


def env_changes(diff: EnvDiff | None) -> Record | None:
    """Names only: what a value is stays where it is kept."""
    if diff is None:
        return None
    return {
        "fromVersion": diff.before,
        "toVersion": diff.after,
        "added": list(diff.added),
        "removed": list(diff.removed),
        "changed": list(diff.changed),
    }


def grace_period(slot: Slot | None, now: datetime) -> Record | None:
    if slot is None or slot.grace_expires_at is None:
        return None
    hours = max(0.0, (slot.grace_expires_at - now).total_seconds() / 3600)
    return {"hoursRemaining": round(hours, 2), "endsAt": iso(slot.grace_expires_at), "pinnedBy": slot.pinned_by}


def version_of(slot: Slot | None) -> str | None:
    return slot.release.version if slot is not None and slot.release is not None else None


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


def deployment(record: Deployment) -> Record:
    duration = (record.completed_at - record.created_at).total_seconds() * 1000 if record.completed_at else None
    return {
        "id": record.id,
        **where(record.environment),
        "slot": record.slot and str(record.slot),
        "status": str(record.status),
        "version": record.version,
        "image": record.image,
        "digest": record.digest or None,
        "envVersion": record.env_version,
        "deployedBy": record.deployed_by,
        "source": record.source,
        "createdAt": iso(record.created_at),
        "completedAt": iso(record.completed_at),
        "duration": duration and round(duration),
        "promotedAt": iso(record.promoted_at),
        "promotedBy": record.promoted_by,
        "rolledBackAt": iso(record.rolled_back_at),
        "rolledBackBy": record.rolled_back_by,
        "rollbackReason": record.rollback_reason,
        "rollbackReceipt": record.rollback_receipt or None,
        "error": record.error,
        "steps": [step_record(step) for step in record.steps],
        "receipt": record.receipt or None,
        "migration": record.migration or None,
        "settings": shown(record.settings),
    }


def shown(settings: Mapping[str, Any]) -> Record:
    """Settings as anybody of the team may see them: of a webhook the host, its path is often a password."""
    webhook = settings.get("webhook")
    if not isinstance(webhook, str):
        return dict(settings)
    parts = urlsplit(webhook)
    return {**settings, "webhook": f"{parts.scheme}://{parts.hostname}/..."}


def failure(error: CodebError) -> Record:
    """A refusal as every door tells it: the sentence, the machine's word, and the facts."""
    record: Record = {"success": False, "error": str(error), "code": error.code, **error.facts()}
    if isinstance(error, DeployFailed):
        cause = error.__cause__
        failed = error.deployment
        record |= {
            **where(failed.environment),
            "slot": failed.slot and str(failed.slot),
            "image": failed.image,
            "previewUrl": "",
            "changed": False,
            "deploymentId": failed.id,
            "steps": [step_record(step) for step in failed.steps],
            **(cause.facts() if isinstance(cause, CodebError) else {}),
        }
    return record


def finding_record(finding: Finding) -> Record:
    place = finding.environment
    return {**(where(place) if place else {}), "what": finding.what, "mended": finding.mended}
