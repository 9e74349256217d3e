"""Promote: send production's traffic to the container that was tested. Spec section 4."""

from dataclasses import dataclass
from datetime import timedelta

from codeb.domain.names import Environment
from codeb.domain.slots import DEFAULT_GRACE, NothingToPromote, Slot, SlotPair
from codeb.services.actor import Actor
from codeb.services.container import probe_target
from codeb.services.errors import Unhealthy
from codeb.services.protocols import Clock, Locks, Probe, Projects, Proxy, SlotStore
from codeb.services.sites import Addresses
from codeb.services.slot_changes import Receipt, SlotChanges, Switch


@dataclass(frozen=True, slots=True)
class Switched:
    """The answer of promote and rollback. ``receipt`` is None when nothing had to change."""

    environment: Environment
    active: Slot
    previous: Slot | None
    url: str
    changed: bool
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Promote:
    projects: Projects
    slots: SlotStore
    locks: Locks
    proxy: Proxy
    probe: Probe
    changes: SlotChanges
    addresses: Addresses
    clock: Clock
    grace: timedelta = DEFAULT_GRACE

    def __call__(self, environment: Environment, actor: Actor) -> Switched:
        """Send traffic to the candidate slot. Raises NothingToPromote, Unhealthy, Locked, SwitchFailed."""
        project = self.projects.get(environment.project)
        with self.locks.held(environment, "promote", actor.name):
            before = self.slots.get(environment)
            if before.candidate is None and before.active is not None:
                return self._result(before, before.active, None)
            after = before.promoted(self.clock.now(), actor.name, self.grace)
            new = active_of(after)
            if reason := self.probe.answers(new.port, probe_target(project.settings)):
                raise Unhealthy(environment.container(new.name), reason)
            site = self.addresses.site(project, after)
            self.proxy.install(site)
            receipt = self.changes.switch(Switch("promote", before, after, actor.name, "promote"), site)
        return self._result(after, new, receipt)

    def _result(self, pair: SlotPair, active: Slot, receipt: Receipt | None) -> Switched:
        url = self.addresses.url(pair.environment)
        return Switched(pair.environment, active, pair.grace, url, receipt is not None, receipt)


def active_of(pair: SlotPair) -> Slot:
    """The active slot of a pair that has one; raises NothingToPromote otherwise."""
    if pair.active is None:
        raise NothingToPromote(pair.environment)
    return pair.active
