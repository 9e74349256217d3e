"""What the slots of an environment are, and what runs in them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from codeb.domain.names import Environment, SlotName
from codeb.domain.project import Project
from codeb.domain.slots import SlotPair
from codeb.services.protocols import ContainerRuntime, Observed, Projects, SlotStore
from codeb.services.protocols.memory import Forgetful, Memory

_SLOTS = tuple(SlotName)


@dataclass(frozen=True, slots=True)
class Status:
    pair: SlotPair
    observed: dict[SlotName, Observed]


@dataclass(frozen=True, slots=True)
class SlotStatus:
    """Answers from memory where that is current, and asks where it is not."""

    projects: Projects
    slots: SlotStore
    runtime: ContainerRuntime
    memory: Memory = field(default_factory=Forgetful)

    def __call__(self, environment: Environment) -> Status:
        """Slots and containers of one environment. Raises UnknownProject, UnknownEnvironment, Unavailable."""
        self.project(environment.project)
        pair = self.slots.get(environment)
        return Status(pair, {slot: self._observed(environment.container(slot)) for slot in _SLOTS})

    def at_hand(self, environment: Environment) -> Status | None:
        """The same from memory alone, without waiting for anything; None where a part of it is not there."""
        if (pair := self.memory.slots(environment)) is None:
            return None
        observed = {}
        for slot in _SLOTS:
            if (seen := self.memory.observed(environment.container(slot))) is None:
                return None
            observed[slot] = seen
        return Status(pair, observed)

    def project(self, name: str) -> Project:
        """Raises UnknownProject."""
        return self.memory.project(name) or self.projects.get(name)

    def all_projects(self) -> Sequence[Project]:
        known = self.memory.projects()
        return self.projects.all() if known is None else known

    def all(self) -> Sequence[SlotPair]:
        known = self.memory.all_slots()
        return self.slots.all() if known is None else known

    def _observed(self, container: str) -> Observed:
        return self.memory.observed(container) or self.runtime.observe(container)
