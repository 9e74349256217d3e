"""What is shown without asking anybody: the host as this process has it in memory. Design section 6."""

from collections.abc import Callable, Sequence
from typing import Protocol

from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.slots import SlotPair
from codeb.services.protocols.containers import Observed


class Memory(Protocol):
    """Never waits: no database, no engine, no lock. None is "not there, or not current: ask who knows".

    For showing only. What changes something asks the database and the engine.
    """

    def project(self, name: str) -> Project | None: ...

    def projects(self) -> Sequence[Project] | None: ...

    def slots(self, environment: Environment) -> SlotPair | None: ...

    def all_slots(self) -> Sequence[SlotPair] | None: ...

    def observed(self, container: str) -> Observed | None: ...

    def rounds(self) -> Sequence[Callable[[], None]]:
        """What keeps it current: each to be called again and again, several times a second, in its own thread."""
        ...


class Forgetful:
    """The memory of a process that does not stay, such as a command: everybody is asked."""

    def project(self, name: str) -> Project | None:  # noqa: ARG002
        return None

    def projects(self) -> Sequence[Project] | None:
        return None

    def slots(self, environment: Environment) -> SlotPair | None:  # noqa: ARG002
        return None

    def all_slots(self) -> Sequence[SlotPair] | None:
        return None

    def observed(self, container: str) -> Observed | None:  # noqa: ARG002
        return None

    def rounds(self) -> Sequence[Callable[[], None]]:
        return ()
