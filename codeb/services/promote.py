"""Promote: send production's traffic to the container that was tested. Spec section 4."""

from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.slot_refusals import AnotherCandidate, NothingToPromote
from codeb.domain.slots import Slot, SlotPair, held_id, holds
from codeb.errors import CodebError
from codeb.services.actor import Actor
from codeb.services.announce import Announcer
from codeb.services.container import slot_target
from codeb.services.env_diff import CompareEnv, EnvDiff
from codeb.services.errors import SmokeFailed, Unhealthy
from codeb.services.migrate import Migrate
from codeb.services.protocols import (
    Clock,
    ContainerRuntime,
    PlaceListener,
    Probe,
    Projects,
    Proxy,
    SlotStore,
    Smoke,
    unheard,
)
from codeb.services.sites import Addresses
from codeb.services.slot_changes import Receipt, SlotChanges, Switch
from codeb.services.team_rules import TeamRules
from codeb.services.turns import Turns


@dataclass(frozen=True, slots=True)
class Switched:
    """The answer of promote and rollback. ``receipt`` is None when nothing had to change."""

    environment: Environment
    active: Slot
    previous: Slot | None
    url: str
    changed: bool
    receipt: Receipt | None = None
    env_diff: EnvDiff | None = None
    maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Gates:
    """What a slot has to pass before it gets the traffic."""

    runtime: ContainerRuntime
    probe: Probe
    smoke: Smoke

    def require_health(self, pair: SlotPair, slot: Slot) -> None:
        """Raises Unhealthy with what is there, or what it answered, instead."""
        name = pair.environment.container(slot.name)
        seen = self.runtime.observe(name).deployment_id
        if seen != held_id(slot):
            there = f"{seen} runs there" if seen else "there is no such container"
            raise Unhealthy(name, f"the record says {held_id(slot)}, but {there}; `codeb doctor` puts that right")
        if reason := self.probe.answers(slot.port, slot_target(slot)):
            raise Unhealthy(name, reason)

    def require_smoke(self, addresses: Addresses, project: Project, pair: SlotPair, slot: Slot) -> None:
        """Raises SmokeFailed with each request that the preview did not pass."""
        requests = slot.release.settings.smoke if slot.release else ()
        if not requests:
            return
        if failures := self.smoke.failures(addresses.site(project, pair), slot.name, requests):
            raise SmokeFailed(pair.environment, failures)


@dataclass(frozen=True, slots=True)
class Promote:
    projects: Projects
    slots: SlotStore
    turns: Turns
    proxy: Proxy
    gates: Gates
    migrate: Migrate
    changes: SlotChanges
    compare: CompareEnv
    announce: Announcer
    addresses: Addresses
    clock: Clock
    rules: TeamRules

    def __call__(
        self,
        environment: Environment,
        actor: Actor,
        *,
        only: str | None = None,
        force: bool = False,
        on_place: PlaceListener = unheard,
    ) -> Switched:
        """Send traffic to the candidate slot; ``force`` runs a migration again that was interrupted.

        ``only`` is the deployment that is meant: somebody may have deployed another in between.
        Raises NothingToPromote, AnotherCandidate, Unhealthy, SmokeFailed, MigrationFailed, Locked, SwitchFailed;
        traffic is then where it was.
        """
        self.projects.get(environment.project)
        with self.turns.taken(environment, "promote", actor.name, on_place=on_place):
            project = self.projects.get(environment.project)
            before = self.slots.get(environment)
            if only is not None and holds(before.active, only):
                return self.unchanged(before)
            if only is None and before.candidate is None and before.active is not None:
                return self.unchanged(before)
            if only is not None and not holds(before.candidate, only):
                raise AnotherCandidate(environment, only, held_id(before.candidate))
            try:
                return self._promote(project, before, actor, force=force)
            except CodebError as error:
                self.announce(project, environment, "failure", action="promote", error=str(error), code=error.code)
                raise

    def unchanged(self, pair: SlotPair) -> Switched:
        """The answer where the wanted slot has the traffic already."""
        return self._result(pair, active_of(pair), None)

    def _promote(self, project: Project, before: SlotPair, actor: Actor, *, force: bool) -> Switched:
        grace = self.rules.grace_of(project)
        new = active_of(before.promoted(self.clock.now(), actor.name, grace))
        self.gates.require_health(before, new)
        self.gates.require_smoke(self.addresses, project, before, new)
        diff = self.compare(before.environment, before.active, new)
        before = self.migrate(project, before, actor.name, force=force)
        after = before.promoted(self.clock.now(), actor.name, grace)
        site = self.addresses.site(project, after)
        self.proxy.install(site)
        receipt = self.changes.switch(Switch("promote", before, after, actor.name, "promote"), site)
        self.announce(
            project, before.environment, "promotion", by=actor.name, slot=str(new.name), receipt=receipt.record()
        )
        return self._result(after, active_of(after), receipt, diff)

    def _result(self, pair: SlotPair, active: Slot, receipt: Receipt | None, diff: EnvDiff | None = None) -> Switched:
        url = self.addresses.url(pair.environment)
        changed = receipt is not None
        return Switched(pair.environment, active, pair.grace, url, changed, receipt, diff, pair.maintenance)


def active_of(pair: SlotPair) -> Slot:
    """The active slot of a pair that has one; raises NothingToPromote otherwise."""
    if pair.active is None:
        raise NothingToPromote(pair.environment)
    return pair.active
