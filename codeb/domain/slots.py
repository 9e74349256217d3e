"""The slot machine: two slots per environment and every transition between their states. Spec section 2."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from codeb.domain.names import Environment, SlotName
from codeb.domain.ports import PortPair
from codeb.domain.project import ProjectSettings
from codeb.domain.slot_refusals import (
    GraceExpired,
    GracePinned,
    MigrationBetween,
    NoGrace,
    NothingToPromote,
    SlotInUse,
)

DEFAULT_GRACE = timedelta(hours=48)
_SAME_PIN = timedelta(minutes=1)


class SlotState(StrEnum):
    EMPTY = "empty"
    DEPLOYED = "deployed"
    ACTIVE = "active"
    GRACE = "grace"


@dataclass(frozen=True, slots=True)
class Release:
    """What a slot holds: one deployment of one image with one version of the env and one set of settings.

    ``migrated``: its migration command has run, so that the release before it may not fit the database any more.
    """

    deployment_id: str
    image: str
    digest: str
    version: str
    env_version: int
    settings: ProjectSettings
    deployed_at: datetime
    deployed_by: str
    migrated: bool = False

    @property
    def migration_due(self) -> bool:
        return bool(self.settings.migrate) and not self.migrated

    def same_content(self, other: "Release") -> bool:
        mine, theirs = ((each.digest, each.env_version, each.settings.hash) for each in (self, other))
        return mine == theirs


@dataclass(frozen=True, slots=True)
class Slot:
    name: SlotName
    port: int
    state: SlotState = SlotState.EMPTY
    release: Release | None = None
    promoted_at: datetime | None = None
    promoted_by: str | None = None
    rolled_back_at: datetime | None = None
    rolled_back_by: str | None = None
    grace_expires_at: datetime | None = None
    pinned_by: str | None = None
    settings: ProjectSettings | None = None
    """Of what it holds, or held last: its part of the site file is made of them, so that an expiry changes none."""

    def __post_init__(self) -> None:
        if (self.state is SlotState.EMPTY) != (self.release is None):
            raise ValueError(f"{self.name} is {self.state} and holds {self.release}")
        if (self.state is SlotState.GRACE) != (self.grace_expires_at is not None):
            raise ValueError(f"{self.name} is {self.state} with a grace until {self.grace_expires_at}")

    def emptied(self) -> "Slot":
        return Slot(self.name, self.port, settings=self.settings)

    def in_grace(self, now: datetime) -> bool:
        return self.grace_expires_at is not None and self.grace_expires_at > now


def held_id(slot: Slot | None) -> str | None:
    """The deployment that a slot holds."""
    return slot.release.deployment_id if slot is not None and slot.release is not None else None


def holds(slot: Slot | None, deployment_id: str) -> bool:
    return held_id(slot) == deployment_id


@dataclass(frozen=True, slots=True)
class SlotPair:
    """Both slots of an environment. Immutable: a transition returns the pair after it, one generation on."""

    environment: Environment
    blue: Slot
    green: Slot
    generation: int = 0
    maintenance: bool = False

    def __post_init__(self) -> None:
        if self.blue.state is SlotState.ACTIVE and self.green.state is SlotState.ACTIVE:
            raise ValueError(f"{self.environment}: two active slots")

    @classmethod
    def fresh(cls, environment: Environment, ports: PortPair) -> "SlotPair":
        return cls(environment, Slot(SlotName.BLUE, ports.blue), Slot(SlotName.GREEN, ports.green))

    def slot(self, name: SlotName) -> Slot:
        return self.blue if name is SlotName.BLUE else self.green

    def in_state(self, state: SlotState) -> Slot | None:
        return next((slot for slot in (self.blue, self.green) if slot.state is state), None)

    @property
    def active(self) -> Slot | None:
        return self.in_state(SlotState.ACTIVE)

    @property
    def candidate(self) -> Slot | None:
        """The slot that a promote would send the traffic to."""
        return self.in_state(SlotState.DEPLOYED)

    @property
    def grace(self) -> Slot | None:
        return self.in_state(SlotState.GRACE)

    @property
    def fallback(self) -> Slot | None:
        """The grace slot, where it may answer in place of the active one by itself.

        Not where old code would be wrong (another env, a migrated database), nor where one check cannot judge both.
        """
        new, old = self.active, self.grace
        if new is None or old is None or new.release is None or old.release is None or new.release.migrated:
            return None
        alike = (new.release.env_version, new.release.settings.health) == (
            old.release.env_version,
            old.release.settings.health,
        )
        return old if alike else None

    @property
    def rolled_back_from(self) -> Slot | None:
        """The slot that a rollback has just left, while nothing was deployed or promoted since."""
        left = self.candidate
        return left if left is not None and left.rolled_back_at is not None and self.active is not None else None

    @property
    def target(self) -> Slot:
        """The slot that the next deploy goes to: never the active one."""
        if self.active is not None:
            return self.slot(self.active.name.other)
        return self.candidate or self.grace or self.blue

    def require_deployable(self, now: datetime, *, force: bool) -> None:
        """Raises GracePinned when the next deploy would throw away a pinned grace slot, without ``force``."""
        held = self.target
        if held.pinned_by and held.grace_expires_at and held.in_grace(now) and not force:
            raise GracePinned(self.environment, held.name, held.pinned_by, held.grace_expires_at)

    def deployed(self, slot: SlotName, release: Release) -> "SlotPair":
        """``slot`` holds ``release``, and nothing else has changed."""
        if self.slot(slot).state is SlotState.ACTIVE:
            raise SlotInUse(self.environment, slot, "has the traffic and cannot be deployed onto")
        held = replace(self.slot(slot).emptied(), state=SlotState.DEPLOYED, release=release, settings=release.settings)
        return self._with(held)

    def migrated(self) -> "SlotPair":
        """The candidate's migration has run; raises NothingToPromote."""
        if (new := self.candidate) is None or new.release is None:
            raise NothingToPromote(self.environment)
        return self._with(replace(new, release=replace(new.release, migrated=True)))

    def maintained(self, *, on: bool) -> "SlotPair":
        """In maintenance, or back from it; the slots are as they were."""
        return replace(self, maintenance=on, generation=self.generation + 1)

    def pinned(self, now: datetime, until: datetime, by: str) -> "SlotPair":
        """The grace slot stays until ``until`` at least; raises NoGrace or GraceExpired.

        A pin that adds less than a minute to one that is there changes nothing.
        """
        held = self._in_grace(now)
        expires = held.grace_expires_at or until
        if held.pinned_by and until - expires < _SAME_PIN:
            return self
        return self._with(replace(held, grace_expires_at=max(until, expires), pinned_by=by))

    def promoted(self, now: datetime, by: str, grace: timedelta = DEFAULT_GRACE) -> "SlotPair":
        """Candidate to active, active to grace; raises NothingToPromote."""
        if (new := self.candidate) is None:
            raise NothingToPromote(self.environment)
        old = self.active
        after = [replace(new, state=SlotState.ACTIVE, promoted_at=now, promoted_by=by, rolled_back_at=None)]
        if old is not None:
            after.append(replace(old, state=SlotState.GRACE, grace_expires_at=now + grace))
        return self._with(*after)

    def rolled_back(self, now: datetime, by: str, *, force: bool = False) -> "SlotPair":
        """Grace to active, active to deployed; raises NoGrace, GraceExpired, or MigrationBetween without ``force``."""
        back, old = self._in_grace(now), self.active
        if old is not None and old.release is not None and old.release.migrated and not force:
            raise MigrationBetween(self.environment, old.release.deployment_id)
        after = [replace(back, state=SlotState.ACTIVE, grace_expires_at=None, pinned_by=None)]
        if old is not None:
            after.append(replace(old, state=SlotState.DEPLOYED, rolled_back_at=now, rolled_back_by=by))
        return self._with(*after)

    def cleaned(self, now: datetime, *, force: bool = False) -> "SlotPair":
        """An expired grace slot (with ``force`` any deployed or grace one) is empty; raises SlotInUse."""
        slot = self.grace or (self.candidate if force else None)
        if slot is None:
            raise SlotInUse(self.environment, self.target.name, "has nothing to clean up")
        if not force and slot.grace_expires_at is not None and slot.grace_expires_at > now:
            raise SlotInUse(
                self.environment,
                slot.name,
                f"can take the traffic back until {slot.grace_expires_at:%Y-%m-%d %H:%M} UTC",
            )
        return self._with(slot.emptied())

    def _in_grace(self, now: datetime) -> Slot:
        held = self.grace
        if held is None or held.grace_expires_at is None:
            raise NoGrace(self.environment)
        if held.grace_expires_at <= now:
            raise GraceExpired(self.environment, held.grace_expires_at)
        return held

    def _with(self, *slots: Slot) -> "SlotPair":
        now = {SlotName.BLUE: self.blue, SlotName.GREEN: self.green} | {slot.name: slot for slot in slots}
        return replace(self, blue=now[SlotName.BLUE], green=now[SlotName.GREEN], generation=self.generation + 1)
