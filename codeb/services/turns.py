"""One use case at a time per environment, and only on an environment that is whole. Design section 3."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from codeb.domain.events import EventKind
from codeb.domain.names import Environment
from codeb.services.errors import BeingDeleted
from codeb.services.mend import Mend
from codeb.services.protocols import Journal, Locks, PlaceListener, unheard


@dataclass(frozen=True, slots=True)
class Turns:
    locks: Locks
    journal: Journal
    mend: Mend

    @contextmanager
    def taken(
        self,
        environment: Environment,
        what: str,
        by: str,
        *,
        wait: float | None = None,
        on_place: PlaceListener = unheard,
    ) -> Iterator[None]:
        """Hold the environment; what a process that died left half-way is finished or undone first.

        Raises Locked after ``wait`` seconds in vain, BeingDeleted.
        """
        with self.locks.held(environment, what, by, wait=wait, on_place=on_place):
            if any(event.kind is EventKind.DELETING for event in self.journal.events(environment)):
                raise BeingDeleted(environment)
            self.mend(environment)
            yield
