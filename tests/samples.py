"""Releases, deployments and events to fill a journal with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from codeb.domain.deployment import Deployment, DeploymentStatus
from codeb.domain.events import Event, EventKind
from codeb.domain.names import Environment, SlotName
from codeb.domain.ports import PortPair
from codeb.domain.project import ProjectSettings
from codeb.domain.records import deployment_record, pair_record
from codeb.domain.slots import Release, SlotPair
from codeb.services.protocols import Journal

NAME = "blog-production.jsonl"
BLOG = Environment.of("blog")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAIR = SlotPair.fresh(BLOG, PortPair(4100))


def dep(number: int) -> str:
    return f"dep_{number:016x}"


def release(number: int, settings: ProjectSettings | None = None) -> Release:
    return Release(
        deployment_id=dep(number),
        image=f"r/blog:v{number}",
        digest=f"r/blog@sha256:{number:064x}",
        version=f"v{number}",
        env_version=1,
        settings=settings or ProjectSettings(),
        deployed_at=NOW,
        deployed_by="me",
    )


def deployment(number: int, status: DeploymentStatus = DeploymentStatus.SUCCESS) -> Deployment:
    made = NOW + timedelta(minutes=number)
    image = f"r/blog:v{number}"
    return Deployment(dep(number), BLOG, image, f"v{number}", "me", "cli", made, SlotName.BLUE, status)


def deployed(number: int, status: DeploymentStatus = DeploymentStatus.SUCCESS) -> dict[str, object]:
    """The data of a DEPLOYMENT event."""
    return {"deployment": deployment_record(deployment(number, status))}


def settled(pair: SlotPair) -> dict[str, object]:
    """The data of a SLOTS event."""
    return {"slots": pair_record(pair)}


def switched(pair: SlotPair, transition: str, new: int | None, previous: int | None) -> dict[str, object]:
    """The data of an INTENT or a SWITCHED event."""
    return {
        **settled(pair),
        "transition": transition,
        "deployment": None if new is None else dep(new),
        "previous": None if previous is None else dep(previous),
        "receipt": {"word": "blue", "transition": transition},
    }


def migrated(number: int) -> dict[str, object]:
    return {"deployment": dep(number), "migration": {"dump": f"/dumps/{number}"}}


def at_generation(generation: int, number: int = 0) -> SlotPair:
    """A pair of that generation; another ``number`` is another content."""
    pair = PAIR if number == 0 else PAIR.deployed(SlotName.BLUE, release(number))
    return replace(pair, generation=generation)


def event(number: int, kind: EventKind, generation: int, data: dict[str, object]) -> Event:
    return Event(f"evt_{number}", kind, NOW + timedelta(seconds=number), generation, "me", "why", data)


def write(
    journal: Journal,
    kind: EventKind,
    data: dict[str, object] | None = None,
    *,
    generation: int = 1,
    why: str = "",
    environment: Environment = BLOG,
) -> Event:
    return journal.append(environment, kind, generation=generation, by="me", why=why, data=data or {})


def released(journal: Journal, number: int, before: SlotPair) -> SlotPair:
    """Deploy, migrate and promote ``number`` as the services write it; eight lines."""
    for status in (DeploymentStatus.PENDING, DeploymentStatus.RUNNING):
        write(journal, EventKind.DEPLOYMENT, deployed(number, status), generation=before.generation)
    pair = before.deployed(before.target.name, release(number))
    previous = before.active and before.active.release
    write(journal, EventKind.SLOTS, settled(pair), generation=pair.generation)
    write(journal, EventKind.DEPLOYMENT, deployed(number), generation=pair.generation)
    write(journal, EventKind.MIGRATED, migrated(number), generation=pair.generation)
    after = pair.promoted(NOW, "me")
    of = number - 1 if previous else None
    for kind in (EventKind.INTENT, EventKind.SWITCHED):
        write(journal, kind, switched(after, "promote", number, of), generation=after.generation)
    write(journal, EventKind.DONE, generation=after.generation)
    return after


def whys(journal: Journal) -> list[str]:
    return [event.why for event in journal.events(BLOG)]


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())
