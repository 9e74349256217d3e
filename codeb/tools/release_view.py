"""What deploy, promote and rollback answer: the wire's keys, those of the original plus what its clients print."""

from datetime import datetime

from codeb.domain.records import iso
from codeb.domain.slots import Slot, SlotPair
from codeb.services.env_diff import EnvDiff
from codeb.services.promote import Switched
from codeb.services.release_steps import DeployResult
from codeb.services.sites import Addresses
from codeb.tools.results import Record, step_record, where


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
