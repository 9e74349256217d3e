"""Compare one environment's records with what really runs, and name what differs. Spec section 7, "Truth"."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from codeb.domain.names import Environment, SlotName
from codeb.domain.project import Project
from codeb.domain.routing import word_for
from codeb.domain.slots import Slot, SlotPair, SlotState, held_id
from codeb.services.container import migration_container
from codeb.services.protocols import ContainerRuntime, Held, Proxy, SlotStore
from codeb.services.repairs import Repair
from codeb.services.revive import Revive
from codeb.services.sites import Addresses


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Containers by label, site file and pointer, each against the slots of the journal."""

    slots: SlotStore
    runtime: ContainerRuntime
    proxy: Proxy
    revive: Revive
    addresses: Addresses

    def repairs(self, project: Project, environment: Environment, *, containers: bool = True) -> Iterator[Repair]:
        """Under the environment's lock, after Mend: nothing is open any more."""
        pair = self.slots.get(environment)
        if containers:
            yield from self._containers(project, pair)
        yield from self._site(project, pair)
        yield from self._pointer(project, pair)

    def _containers(self, project: Project, pair: SlotPair) -> Iterator[Repair]:
        """The slot with the traffic first."""
        environment = pair.environment
        yield from self._set_aside(pair, self.runtime.held(environment))
        for slot in sorted((pair.blue, pair.green), key=lambda slot: slot is not pair.active):
            yield from self._container(project, pair, slot)
        if self.runtime.observe(left := migration_container(environment)).deployment_id:
            yield Repair(environment, f"{left} is left over", lambda: self.runtime.remove(left))

    def _set_aside(self, pair: SlotPair, held: Sequence[Held]) -> Iterator[Repair]:
        """What was set aside comes back where its slot still holds it, and goes where it does not."""
        undo, commit = self.runtime.undo, self.runtime.commit
        for each in held:
            if not each.set_aside:
                continue
            name, _, deploy = each.name.partition(".aside-")
            slot = next((s for s in SlotName if pair.environment.container(s) == name), None)
            comes_back = slot is not None and held_id(pair.slot(slot)) == each.deployment_id
            ticket = self.runtime.left_behind(name, deploy.partition(".")[0])
            if comes_back:
                yield Repair(pair.environment, f"{name} was set aside and not given back", partial(undo, ticket))
            else:
                yield Repair(pair.environment, f"{each.name} is left over", partial(commit, ticket))

    def _container(self, project: Project, pair: SlotPair, slot: Slot) -> Iterator[Repair]:
        environment, name = pair.environment, pair.environment.container(slot.name)
        seen = self.runtime.observe(name)
        if slot.release is None:
            if seen.deployment_id is not None:
                yield Repair(environment, f"{name} runs in an empty slot", lambda: self.runtime.remove(name))
            return
        if seen.deployment_id == slot.release.deployment_id and seen.running:
            return
        if seen.deployment_id not in (None, slot.release.deployment_id):
            what = f"{name} runs {seen.deployment_id}, recorded is {slot.release.deployment_id}"
            if slot.state is SlotState.ACTIVE:
                yield Repair(environment, f"{what}; it has the traffic and is left alone: deploy and promote")
                return
            yield Repair(environment, f"{what}; it goes", lambda: self.runtime.remove(name))
        yield Repair(
            environment,
            f"{name} does not run although {slot.name} is {slot.state}; it is started again",
            lambda: self.revive(project, environment, slot),
        )

    def _site(self, project: Project, pair: SlotPair) -> Iterator[Repair]:
        site = self.addresses.site(project, pair)
        if not self.proxy.up_to_date(site):
            yield Repair(
                pair.environment, "its site file is not what the records say", lambda: self.proxy.install(site)
            )

    def _pointer(self, project: Project, pair: SlotPair) -> Iterator[Repair]:
        """The word follows the state, never the other way round."""
        word, wanted = self.proxy.word(pair.environment), word_for(pair)
        if word in (wanted, word_for(pair, fallback=True)):
            return
        site = self.addresses.site(project, pair)
        yield Repair(
            pair.environment,
            f"the pointer says {word}, the records say {wanted}",
            lambda: self.proxy.route(site, wanted),
        )
