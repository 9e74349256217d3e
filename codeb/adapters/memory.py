"""The host as a server has it in memory. Design section 6, decision 0015."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codeb.adapters.docker.observed import ObservedContainers
from codeb.adapters.project_memory import ProjectMemory
from codeb.adapters.slot_files import SlotFiles
from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.slots import SlotPair
from codeb.services.protocols import Observed


@dataclass(frozen=True, slots=True)
class HostMemory:
    """A Memory. It knows nothing until its rounds are run."""

    known: ProjectMemory
    files: SlotFiles
    containers: ObservedContainers

    def project(self, name: str) -> Project | None:
        return self.known.get(name)

    def projects(self) -> Sequence[Project] | None:
        return self.known.all()

    def slots(self, environment: Environment) -> SlotPair | None:
        return self.files.at_hand(environment)

    def all_slots(self) -> Sequence[SlotPair] | None:
        return self.files.all_at_hand()

    def observed(self, container: str) -> Observed | None:
        return self.containers.observed(container)

    def rounds(self) -> Sequence[Callable[[], None]]:
        return self.known.refresh, self.containers.refresh
