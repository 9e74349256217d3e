"""What the slots of an environment are, and what runs in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from codeb.domain.names import Environment, SlotName
from codeb.domain.slots import SlotPair
from codeb.services.protocols import ContainerRuntime, Observed, Projects, SlotStore


@dataclass(frozen=True, slots=True)
class Status:
    pair: SlotPair
    observed: dict[SlotName, Observed]


@dataclass(frozen=True, slots=True)
class SlotStatus:
    projects: Projects
    slots: SlotStore
    runtime: ContainerRuntime

    def __call__(self, environment: Environment) -> Status:
        """Slots and containers of one environment. Raises UnknownProject."""
        self.projects.get(environment.project)
        pair = self.slots.get(environment)
        return Status(pair, {slot: self.runtime.observe(environment.container(slot)) for slot in SlotName})

    def all(self) -> Sequence[SlotPair]:
        return self.slots.all()
