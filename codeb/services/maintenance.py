"""Maintenance: a page of its own instead of the site, and back. Issue 4, section 1."""

from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.services.actor import Actor
from codeb.services.protocols import PlaceListener, Projects, Proxy, SlotStore, unheard
from codeb.services.sites import Addresses
from codeb.services.slot_changes import Receipt, SlotChanges, Switch
from codeb.services.turns import Turns


@dataclass(frozen=True, slots=True)
class Maintenance:
    projects: Projects
    slots: SlotStore
    turns: Turns
    proxy: Proxy
    changes: SlotChanges
    addresses: Addresses

    def __call__(
        self, environment: Environment, actor: Actor, *, on: bool, why: str = "", on_place: PlaceListener = unheard
    ) -> Receipt | None:
        """Put the site into maintenance, or end it; None when it is so already. Raises Locked, SwitchFailed."""
        self.projects.get(environment.project)
        with self.turns.taken(environment, "maintenance", actor.name, on_place=on_place):
            project = self.projects.get(environment.project)
            before = self.slots.get(environment)
            if before.maintenance is on:
                return None
            after = before.maintained(on=on)
            site = self.addresses.site(project, after)
            self.proxy.install(site)
            reason = why or ("maintenance" if on else "maintenance is over")
            return self.changes.switch(Switch("maintenance", before, after, actor.name, reason), site)
