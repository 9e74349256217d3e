"""What goes on by itself: graces end, what a dead process left is mended, production's word follows. Spec section 4."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from codeb.domain.names import Environment
from codeb.domain.routing import word_for
from codeb.domain.slots import SlotPair, held_id
from codeb.errors import CodebError
from codeb.services.actor import Actor
from codeb.services.cleanup import Cleanup
from codeb.services.errors import BeingDeleted, Locked, SwitchFailed
from codeb.services.protocols import Clock, ContainerRuntime, Journal, Projects, Proxy, SlotStore
from codeb.services.repairs import Finding
from codeb.services.sites import Addresses
from codeb.services.turns import Turns

REAPER = Actor("reaper", "reaper")


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Nothing here waits: what somebody works on right now has its turn in a later round."""

    projects: Projects
    slots: SlotStore
    journal: Journal
    turns: Turns
    runtime: ContainerRuntime
    proxy: Proxy
    cleanup: Cleanup
    addresses: Addresses
    clock: Clock
    _seen: dict[Environment, str] = field(default_factory=dict, repr=False, compare=False)
    _unswept: set[Environment] = field(default_factory=set, repr=False, compare=False)

    def __call__(self) -> Sequence[Finding]:
        """One round over every environment."""
        return [*self.mend(), *self.reap(), *self.follow()]

    def mend(self) -> Sequence[Finding]:
        """Finish or undo what a process that died left open, in environments whose journal has grown since."""
        findings: list[Finding] = []
        for environment in self.journal.environments():
            findings += self._guarded(environment, "what was left open could not be ended", self._mend)
        return findings

    def reap(self) -> Sequence[Finding]:
        """End every grace whose time is over."""
        over = [pair.environment for pair in self.slots.all() if self._is_over(pair)]
        findings: list[Finding] = []
        for environment in dict.fromkeys([*over, *self._unswept]):
            self._unswept.add(environment)
            findings += self._guarded(environment, "its grace could not be ended", self._end)
        return findings

    def follow(self) -> Sequence[Finding]:
        """The word with the fallback, as soon as the new slot answers under it; without it where it may not be."""
        findings: list[Finding] = []
        for pair in self.slots.all():
            if self.proxy.word(pair.environment) != word_for(pair, fallback=True):
                findings += self._guarded(pair.environment, "its word could not follow", self._move)
        return findings

    def _guarded(
        self, environment: Environment, what: str, act: Callable[[Environment], Sequence[Finding]]
    ) -> Sequence[Finding]:
        try:
            return act(environment)
        except (Locked, BeingDeleted):
            return []
        except CodebError as error:
            return [Finding(environment, f"{what}: {error}", mended=False)]

    def _mend(self, environment: Environment) -> Sequence[Finding]:
        newest = next((event.id for event in reversed(self.journal.events(environment))), "")
        if self._seen.get(environment) == newest:
            return []
        if self.turns.mend.due(environment):
            return self._take_turn(environment)
        self._seen[environment] = newest
        return []

    def _take_turn(self, environment: Environment) -> Sequence[Finding]:
        with self.turns.taken(environment, "upkeep", REAPER.name, wait=0):
            return [Finding(environment, "what a process that ended had left open is ended", mended=True)]

    def _is_over(self, pair: SlotPair) -> bool:
        return pair.grace is not None and not pair.grace.in_grace(self.clock.now())

    def _end(self, environment: Environment) -> Sequence[Finding]:
        gone = self.cleanup(environment, REAPER, wait=0)
        self._unswept.discard(environment)
        return [Finding(environment, f"the grace of {gone.name} has ended", mended=True)] if gone else []

    def _move(self, environment: Environment) -> Sequence[Finding]:
        with self.turns.taken(environment, "upkeep", REAPER.name, wait=0):
            pair = self.slots.get(environment)
            word, wanted = self.proxy.word(environment), word_for(pair, fallback=True)
            if word == wanted:
                return []
            site = self.addresses.site(self.projects.get(environment.project), pair)
            if self._ready(pair):
                try:
                    self.proxy.route(site, wanted)
                except SwitchFailed:
                    pass  # the proxy's own view of a slot's health is up to one check interval old: the next round
                else:
                    what = f"the word follows: {word} is now {wanted}"
                    return [Finding(environment, what, mended=True, pointer_lost=word is None)]
            if word != word_for(pair):
                self.proxy.route(site, word_for(pair))
                what = f"the word said {word}, it is {word_for(pair)} again"
                return [Finding(environment, what, mended=True, pointer_lost=word is None)]
        return []

    def _ready(self, pair: SlotPair) -> bool:
        """What would take over is what the record says, and runs."""
        slot = pair.fallback
        if slot is None:
            return True
        seen = self.runtime.observe(pair.environment.container(slot.name))
        return seen.running and seen.deployment_id == held_id(slot)
