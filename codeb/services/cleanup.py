"""Clean-up: end a grace slot whose time is over, or by force a slot that has no traffic. Spec section 2."""

from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.slots import Slot, SlotState
from codeb.services.actor import Actor
from codeb.services.protocols import Clock, ContainerRuntime, Locks, Projects, SlotStore
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges


@dataclass(frozen=True, slots=True)
class Cleanup:
    projects: Projects
    slots: SlotStore
    locks: Locks
    runtime: ContainerRuntime
    changes: SlotChanges
    addresses: Addresses
    clock: Clock

    def __call__(self, environment: Environment, actor: Actor, *, force: bool = False) -> Slot | None:
        """The slot that was emptied, as it was; None when there was nothing. Raises SlotInUse, Locked."""
        project = self.projects.get(environment.project)
        with self.locks.held(environment, "clean-up", actor.name):
            before = self.slots.get(environment)
            if before.grace is None and (not force or before.candidate is None):
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
