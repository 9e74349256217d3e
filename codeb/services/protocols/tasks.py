"""Where tasks are kept, and how one project's tasks are changed by one at a time."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from codeb.domain.tasks import Task, TaskStatus


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """None of ``author`` means everybody's; ``projects`` are the names that the asker may see."""

    projects: Sequence[str]
    statuses: frozenset[TaskStatus]
    author: str | None = None


class TaskTurn(Protocol):
    """One transaction: nobody else changes tasks of the project until it ends, and an error undoes it."""

    def get(self, task_id: int) -> Task | None: ...

    def near(self, branch: str, paths: Sequence[str]) -> Sequence[Task]:
        """The project's open tasks that are on ``branch`` or hold one of ``paths``."""
        ...

    def add(self, task: Task) -> Task:
        """The task with its new id."""
        ...

    def save(self, task: Task) -> None: ...


class TaskStore(Protocol):
    """Every method raises Unavailable while the database is away."""

    def turn(self, project: str) -> AbstractContextManager[TaskTurn]:
        """Raises UnknownProject."""
        ...

    def get(self, task_id: int) -> Task | None: ...

    def holders(self, projects: Sequence[str], paths: Sequence[str]) -> Sequence[Task]:
        """Open tasks of ``projects`` that hold one of ``paths``."""
        ...

    def find(self, wanted: TaskFilter, limit: int) -> tuple[Sequence[Task], int]:
        """The newest that match, and how many there are in all."""
        ...
