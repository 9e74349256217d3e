"""Clean-up: end a grace slot whose time is over, or by force a slot that has no traffic. Spec section 2."""

from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.slots import Slot, SlotPair, SlotState
from codeb.services.actor import Actor
from codeb.services.protocols import Clock, ContainerRuntime, Projects, SlotStore
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges
from codeb.services.turns import Turns


@dataclass(frozen=True, slots=True)
class Cleanup:
    projects: Projects
    slots: SlotStore
    turns: Turns
    runtime: ContainerRuntime
    changes: SlotChanges
    addresses: Addresses
    clock: Clock

    def __call__(
        self, environment: Environment, actor: Actor, *, force: bool = False, wait: float | None = None
    ) -> Slot | None:
        """The slot that was emptied, as it was; None when there was nothing. Raises SlotInUse, Locked."""
        self.projects.get(environment.project)
        with self.turns.taken(environment, "clean-up", actor.name, wait=wait):
            project = self.projects.get(environment.project)
            before = self.slots.get(environment)
            if before.grace is None and (not force or before.candidate is None):
                self._sweep(before)
                return None
            after = before.cleaned(self.clock.now(), force=force)
            (gone,) = (
                slot
                for slot in (before.blue, before.green)
                if slot.state is not SlotState.EMPTY and after.slot(slot.name).state is SlotState.EMPTY
            )
            self.changes.narrow(before, self.addresses.site(project, before))
            self.changes.commit(after, by=actor.name, why="clean-up by force" if force else "grace ended")
            self.runtime.remove(environment.container(gone.name))
        return gone

    def _sweep(self, pair: SlotPair) -> None:
        """What an earlier clean-up recorded and could not remove."""
        for slot in (pair.blue, pair.green):
            if slot.state is SlotState.EMPTY:
                self.runtime.remove(pair.environment.container(slot.name))
