"""Domain values as plain records (JSON types) and back: the shape of slot files, journal lines and database rows.

The keys of a slot record are those of the original's files (``projectName``, ``activeSlot``, ...), so that
existing readers keep working.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from codeb.domain.deployment import Deployment
from codeb.domain.events import Event
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.project import ProjectSettings
from codeb.domain.slots import Release, Slot, SlotPair, SlotState

Record = dict[str, Any]

_DEPLOYMENT = TypeAdapter(Deployment)
_EVENT = TypeAdapter(Event)


def iso(moment: datetime | None) -> str | None:
    """ISO-8601 in UTC with milliseconds, as on the wire."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def deployment_record(deployment: Deployment) -> Record:
    record: Record = _DEPLOYMENT.dump_python(deployment, mode="json")
    return record


def deployment_from(record: Mapping[str, Any]) -> Deployment:
    return _DEPLOYMENT.validate_python(record)


def event_record(event: Event) -> Record:
    record: Record = _EVENT.dump_python(event, mode="json")
    return record


def event_from(record: Mapping[str, Any]) -> Event:
    return _EVENT.validate_python(record)


def slot_record(slot: Slot) -> Record:
    held = slot.release
    return {
        "name": str(slot.name),
        "state": str(slot.state),
        "port": slot.port,
        "version": held and held.version,
        "image": held and held.image,
        "digest": held and held.digest,
        "deploymentId": held and held.deployment_id,
        "envVersion": held and held.env_version,
        "settings": slot.settings and slot.settings.model_dump(mode="json", exclude_defaults=True),
        "migrated": bool(held and held.migrated),
        "deployedAt": held and iso(held.deployed_at),
        "deployedBy": held and held.deployed_by,
        "promotedAt": iso(slot.promoted_at),
        "promotedBy": slot.promoted_by,
        "rolledBackAt": iso(slot.rolled_back_at),
        "rolledBackBy": slot.rolled_back_by,
        "graceExpiresAt": iso(slot.grace_expires_at),
        "pinnedBy": slot.pinned_by,
    }


def pair_record(pair: SlotPair) -> Record:
    return {
        "projectName": pair.environment.project,
        "environment": str(pair.environment.name),
        "activeSlot": pair.active and str(pair.active.name),
        "blue": slot_record(pair.blue),
        "green": slot_record(pair.green),
        "generation": pair.generation,
        "maintenance": pair.maintenance,
    }


def slot_from(record: Mapping[str, Any]) -> Slot:
    release = None
    settings = ProjectSettings.model_validate(kept) if (kept := record.get("settings")) is not None else None
    if deployed_at := _moment(record.get("deployedAt")):
        release = Release(
            deployment_id=record["deploymentId"],
            image=record["image"],
            digest=record["digest"],
            version=record["version"],
            env_version=record["envVersion"],
            settings=settings or ProjectSettings(),
            migrated=record.get("migrated", False),
            deployed_at=deployed_at,
            deployed_by=record["deployedBy"],
        )
    return Slot(
        name=SlotName(record["name"]),
        port=record["port"],
        state=SlotState(record["state"]),
        release=release,
        promoted_at=_moment(record.get("promotedAt")),
        promoted_by=record.get("promotedBy"),
        rolled_back_at=_moment(record.get("rolledBackAt")),
        rolled_back_by=record.get("rolledBackBy"),
        grace_expires_at=_moment(record.get("graceExpiresAt")),
        pinned_by=record.get("pinnedBy"),
        settings=settings,
    )


def pair_from(record: Mapping[str, Any]) -> SlotPair:
    return SlotPair(
        environment=Environment(record["projectName"], EnvironmentName(record["environment"])),
        blue=slot_from(record["blue"]),
        green=slot_from(record["green"]),
        generation=record["generation"],
        maintenance=record.get("maintenance", False),
    )
