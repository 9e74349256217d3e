"""The slot machine: two slots per environment and every transition between their states. Spec section 2."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from codeb.domain.names import Environment, SlotName
from codeb.domain.ports import PortPair
from codeb.errors import Refused

DEFAULT_GRACE = timedelta(hours=48)


class SlotState(StrEnum):
    EMPTY = "empty"
    DEPLOYED = "deployed"
    ACTIVE = "active"
    GRACE = "grace"


class NothingToPromote(Refused):
    code = "nothing_to_promote"

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        super().__init__(f"{environment}: no deployed slot to promote; deploy first")


class NoGrace(Refused):
    code = "no_grace_slot"

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        super().__init__(f"{environment}: no grace slot to go back to; deploy the version you want and promote it")


class GraceExpired(Refused):
    code = "grace_expired"

    def __init__(self, environment: Environment, expired_at: datetime) -> None:
        self.environment = environment
        super().__init__(
            f"{environment}: the grace period ended at {expired_at:%Y-%m-%d %H:%M} UTC;"
            " deploy the recorded version again and promote it"
        )


class SlotInUse(Refused):
    code = "slot_in_use"

    def __init__(self, environment: Environment, slot: SlotName, reason: str) -> None:
        self.environment = environment
        super().__init__(f"{environment}: {slot} {reason}")


@dataclass(frozen=True, slots=True)
class Release:
    """What a slot holds: one deployment of one image with one version of the env."""

    deployment_id: str
    image: str
    digest: str
    version: str
    env_version: int
    settings_hash: str
    deployed_at: datetime
    deployed_by: str

    def same_content(self, digest: str, env_version: int, settings_hash: str) -> bool:
        return (self.digest, self.env_version, self.settings_hash) == (digest, env_version, settings_hash)


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

    def __post_init__(self) -> None:
        if (self.state is SlotState.EMPTY) != (self.release is None):
            raise ValueError(f"{self.name} is {self.state} and holds {self.release}")
        if (self.state is SlotState.GRACE) != (self.grace_expires_at is not None):
            raise ValueError(f"{self.name} is {self.state} with a grace until {self.grace_expires_at}")

    def emptied(self) -> "Slot":
        return Slot(self.name, self.port)


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

    def deployed(self, slot: SlotName, release: Release) -> "SlotPair":
        """``slot`` holds ``release``, and nothing else has changed."""
        if self.slot(slot).state is SlotState.ACTIVE:
            raise SlotInUse(self.environment, slot, "has the traffic and cannot be deployed onto")
        return self._with(replace(self.slot(slot).emptied(), state=SlotState.DEPLOYED, release=release))

    def promoted(self, now: datetime, by: str, grace: timedelta = DEFAULT_GRACE) -> "SlotPair":
        """Candidate to active, active to grace; raises NothingToPromote."""
        if (new := self.candidate) is None:
            raise NothingToPromote(self.environment)
        old = self.active
        after = [replace(new, state=SlotState.ACTIVE, promoted_at=now, promoted_by=by, rolled_back_at=None)]
        if old is not None:
            after.append(replace(old, state=SlotState.GRACE, grace_expires_at=now + grace))
        return self._with(*after)

    def rolled_back(self, now: datetime, by: str) -> "SlotPair":
        """Grace to active, active to deployed; raises NoGrace or GraceExpired."""
        back = self.grace
        if back is None or back.grace_expires_at is None:
            raise NoGrace(self.environment)
        if back.grace_expires_at <= now:
            raise GraceExpired(self.environment, back.grace_expires_at)
        after = [replace(back, state=SlotState.ACTIVE, grace_expires_at=None)]
        if (old := self.active) is not None:
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

    def _with(self, *slots: Slot) -> "SlotPair":
        now = {SlotName.BLUE: self.blue, SlotName.GREEN: self.green} | {slot.name: slot for slot in slots}
        return replace(self, blue=now[SlotName.BLUE], green=now[SlotName.GREEN], generation=self.generation + 1)
