"""A memory that knows what the world's fakes know, except what a test has it forget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.slots import SlotPair
from codeb.services.protocols import Observed, Projects, SlotStore
from tests.fakes.containers import FakeRuntime


@dataclass
class FakeMemory:
    """``forgotten``: ``projects``, ``slots`` or ``containers``."""

    known: Projects
    files: SlotStore
    runtime: FakeRuntime
    forgotten: set[str] = field(default_factory=set)

    def project(self, name: str) -> Project | None:
        return next((each for each in self.projects() or () if each.name == name), None)

    def projects(self) -> Sequence[Project] | None:
        return None if "projects" in self.forgotten else self.known.all()

    def slots(self, environment: Environment) -> SlotPair | None:
        return None if "slots" in self.forgotten else self.files.get(environment)

    def all_slots(self) -> Sequence[SlotPair] | None:
        return None if "slots" in self.forgotten else self.files.all()

    def observed(self, container: str) -> Observed | None:
        return None if "containers" in self.forgotten else self.runtime.observe(container)

    def rounds(self) -> Sequence[Callable[[], None]]:
        return ()
