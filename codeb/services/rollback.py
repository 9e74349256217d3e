"""Rollback: back to the grace slot, warm, by the same switch as a promote. Spec section 5."""

from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.records import iso
from codeb.domain.slots import Slot, SlotPair
from codeb.services.actor import Actor
from codeb.services.container import probe_target
from codeb.services.errors import Unhealthy
from codeb.services.promote import Switched, active_of
from codeb.services.protocols import Clock, Locks, Probe, Projects, Proxy, RollbackLog, SlotStore
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges, Switch


@dataclass(frozen=True, slots=True)
class Rollback:
    projects: Projects
    slots: SlotStore
    locks: Locks
    proxy: Proxy
    probe: Probe
    changes: SlotChanges
    addresses: Addresses
    log: RollbackLog
    clock: Clock

    def __call__(self, environment: Environment, actor: Actor, reason: str = "") -> Switched:
        """Send traffic back to the grace slot. Raises NoGrace, GraceExpired, Unhealthy, Locked, SwitchFailed."""
        project = self.projects.get(environment.project)
        with self.locks.held(environment, "rollback", actor.name):
            before = self.slots.get(environment)
            if (left := before.rolled_back_from) is not None:
                return Switched(environment, active_of(before), left, self.addresses.url(environment), changed=False)
            now = self.clock.now()
            after = before.rolled_back(now, actor.name)
            back = active_of(after)
            if problem := self.probe.answers(back.port, probe_target(project.settings)):
                raise Unhealthy(environment.container(back.name), problem)
            site = self.addresses.site(project, after)
            self.proxy.install(site)
            receipt = self.changes.switch(Switch("rollback", before, after, actor.name, reason or "rollback"), site)
            self.log.append(environment, self._entry(before, after, actor, reason))
        return Switched(
            environment, back, before.active, self.addresses.url(environment), changed=True, receipt=receipt
        )

    def _entry(self, before: SlotPair, after: SlotPair, actor: Actor, reason: str) -> dict[str, object]:
        left, back = before.active, active_of(after)
        return {
            "fromSlot": left and left.name,
            "toSlot": back.name,
            "fromVersion": _version(left),
            "toVersion": _version(back),
            "reason": reason,
            "keyId": actor.name,
            "teamId": actor.team_id,
            "timestamp": iso(self.clock.now()),
        }


def _version(slot: Slot | None) -> str | None:
    return slot.release.version if slot is not None and slot.release is not None else None
