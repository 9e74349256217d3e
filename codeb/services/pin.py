"""Pin: keep the grace slot longer, and let no deploy throw it away unasked. Issue 4, "Grace"."""

from dataclasses import dataclass
from datetime import timedelta

from codeb.domain.names import Environment
from codeb.domain.slots import SlotPair
from codeb.services.actor import Actor
from codeb.services.protocols import Clock, Projects, SlotStore
from codeb.services.slot_changes import SlotChanges
from codeb.services.turns import Turns


@dataclass(frozen=True, slots=True)
class Pin:
    projects: Projects
    slots: SlotStore
    turns: Turns
    changes: SlotChanges
    clock: Clock

    def __call__(self, environment: Environment, actor: Actor, *, hours: float) -> tuple[SlotPair, bool]:
        """The slots with the grace slot kept for ``hours`` from now at least, and whether that changed anything.

        Raises NoGrace, GraceExpired, Locked.
        """
        self.projects.get(environment.project)
        with self.turns.taken(environment, "pin", actor.name):
            before, now = self.slots.get(environment), self.clock.now()
            after = before.pinned(now, now + timedelta(hours=hours), actor.name)
            if after == before:
                return before, False
            self.changes.commit(after, by=actor.name, why=f"pinned for {hours:g} h")
        return after, True
