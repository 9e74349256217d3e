"""Deployments as events tell them: the newest record of each, and what happened to it since. Design section 2."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from codeb.domain.deployment import Deployment, DeploymentStatus
from codeb.domain.events import Event, EventKind
from codeb.domain.records import Record, deployment_from

_ENDED = (DeploymentStatus.SUCCESS, DeploymentStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Promotion:
    at: datetime
    by: str | None
    receipt: Record = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Return:
    """A rollback that took the traffic away from a deployment."""

    at: datetime
    by: str | None
    why: str | None
    receipt: Record = field(default_factory=dict)


Happening = TypeVar("Happening", Promotion, Return)


@dataclass(frozen=True, slots=True)
class Account:
    """All that is known of one deployment. ``record`` is None where only later events are."""

    record: Record | None = None
    promotion: Promotion | None = None
    rollback: Return | None = None
    migration: Record = field(default_factory=dict)

    def updated(self, later: "Account") -> "Account":
        """Merged with what is newer. Said twice is said once, and what has ended does not begin again."""
        return Account(
            record=_newer_record(self.record, later.record),
            promotion=_newer(self.promotion, later.promotion),
            rollback=_newer(self.rollback, later.rollback),
            migration=later.migration or self.migration,
        )

    def deployment(self) -> Deployment | None:
        if self.record is None:
            return None
        deployment = deployment_from(self.record)
        if self.promotion is not None:
            promoted = self.promotion
            deployment = replace(deployment, promoted_at=promoted.at, promoted_by=promoted.by, receipt=promoted.receipt)
        if self.rollback is not None:
            back = self.rollback
            deployment = replace(
                deployment,
                rolled_back_at=back.at,
                rolled_back_by=back.by,
                rollback_reason=back.why,
                rollback_receipt=back.receipt,
            )
        return replace(deployment, migration=self.migration or deployment.migration)


def accounts(events: Iterable[Event]) -> Mapping[str, Account]:
    """By deployment id, in the order in which they are first mentioned."""
    found: dict[str, Account] = {}
    for event in events:
        if (told := _told(event)) is not None:
            subject, account = told
            found[subject] = found.get(subject, Account()).updated(account)
    return found


def deployments(events: Iterable[Event]) -> Sequence[Deployment]:
    """Oldest first."""
    told = (account.deployment() for account in accounts(events).values())
    return sorted((each for each in told if each is not None), key=lambda each: each.created_at)


def _told(event: Event) -> tuple[str, Account] | None:
    subject = event.data.get("deployment")
    if event.kind is EventKind.DEPLOYMENT and isinstance(subject, dict) and "id" in subject:
        return str(subject["id"]), Account(record=subject)
    if event.kind is EventKind.MIGRATED and isinstance(subject, str):
        return subject, Account(migration=_dict(event.data.get("migration")))
    if event.kind is EventKind.SWITCHED:
        return _switched(event)
    return None


def _switched(event: Event) -> tuple[str, Account] | None:
    new, previous = event.data.get("deployment"), event.data.get("previous")
    if event.data.get("transition") == "promote":
        receipt = _dict(event.data.get("receipt"))
        return (new, Account(promotion=Promotion(event.at, event.by, receipt))) if isinstance(new, str) else None
    if event.data.get("transition") == "rollback" and isinstance(previous, str):
        receipt = _dict(event.data.get("receipt"))
        return previous, Account(rollback=Return(event.at, event.by, event.why, receipt))
    return None


def _dict(value: object) -> Record:
    return value if isinstance(value, dict) else {}


def _newer_record(known: Record | None, later: Record | None) -> Record | None:
    if known is None or later is None:
        return later or known
    return known if known["status"] in _ENDED and later["status"] not in _ENDED else later


def _newer(known: Happening | None, later: Happening | None) -> Happening | None:
    if known is None or later is None:
        return later or known
    return later if later.at >= known.at else known
