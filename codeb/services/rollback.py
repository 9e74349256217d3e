"""Rollback: back to the grace slot, warm, by the same switch as a promote. Spec section 5."""

from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.slots import SlotPair, held_id, holds
from codeb.errors import CodebError
from codeb.services.actor import Actor
from codeb.services.announce import Announcer
from codeb.services.env_diff import CompareEnv
from codeb.services.errors import NotInGrace
from codeb.services.promote import Gates, Switched, active_of
from codeb.services.protocols import Clock, PlaceListener, Projects, Proxy, SlotStore, unheard
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges, Switch
from codeb.services.turns import Turns


@dataclass(frozen=True, slots=True)
class Rollback:
    projects: Projects
    slots: SlotStore
    turns: Turns
    proxy: Proxy
    gates: Gates
    changes: SlotChanges
    compare: CompareEnv
    announce: Announcer
    addresses: Addresses
    clock: Clock

    def __call__(
        self,
        environment: Environment,
        actor: Actor,
        reason: str = "",
        *,
        only: str | None = None,
        force: bool = False,
        wait: float | None = None,
        on_place: PlaceListener = unheard,
    ) -> Switched:
        """Send traffic back to the grace slot; ``force`` crosses a migration.

        ``only`` is the deployment that is meant: somebody may have released in between.
        Raises NoGrace, NotInGrace, GraceExpired, MigrationBetween, Unhealthy, Locked, SwitchFailed.
        """
        self.projects.get(environment.project)
        with self.turns.taken(environment, "rollback", actor.name, wait=wait, on_place=on_place):
            project = self.projects.get(environment.project)
            before = self.slots.get(environment)
            left = before.rolled_back_from
            back = before.grace if left is None else before.active
            if only is not None and not holds(back, only):
                raise NotInGrace(environment, only, held_id(back))
            if left is not None:
                return Switched(environment, active_of(before), left, self.addresses.url(environment), changed=False)
            try:
                return self._roll_back(project, before, actor, reason, force=force)
            except CodebError as error:
                self.announce(project, environment, "failure", action="rollback", error=str(error), code=error.code)
                raise

    def _roll_back(self, project: Project, before: SlotPair, actor: Actor, reason: str, *, force: bool) -> Switched:
        environment = before.environment
        after = before.rolled_back(self.clock.now(), actor.name, force=force)
        back = active_of(after)
        self.gates.require_health(before, back)
        diff = self.compare(environment, before.active, back)
        site = self.addresses.site(project, after)
        self.proxy.install(site)
        receipt = self.changes.switch(
            Switch("rollback", before, after, actor.name, reason or "rollback", actor.team_id), site
        )
        self.announce(project, environment, "rollback", by=actor.name, reason=reason, receipt=receipt.record())
        url = self.addresses.url(environment)
        return Switched(environment, back, before.active, url, True, receipt, diff, after.maintenance)
