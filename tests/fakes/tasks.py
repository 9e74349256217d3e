"""Tasks in memory, one turn at a time."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from codeb.domain.tasks import Task
from codeb.errors import Unavailable
from codeb.services.protocols.tasks import TaskFilter, TaskTurn


@dataclass
class FakeTasks:
    known: dict[int, Task] = field(default_factory=dict)
    away: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self, project: str) -> Iterator[TaskTurn]:
        self._ask()
        with self.lock:
            before = dict(self.known)
            try:
                yield _FakeTurn(self, project)
            except BaseException:
                self.known = before
                raise

    def get(self, task_id: int) -> Task | None:
        self._ask()
        return self.known.get(task_id)

    def holders(self, projects: Sequence[str], paths: Sequence[str]) -> Sequence[Task]:
        self._ask()
        return [t for t in self.known.values() if t.project in projects and t.status.open and {*paths} & {*t.paths}]

    def find(self, wanted: TaskFilter, limit: int) -> tuple[Sequence[Task], int]:
        self._ask()
        found = [
            t
            for t in reversed(self.known.values())
            if t.project in wanted.projects and t.status in wanted.statuses and wanted.author in (None, t.author)
        ]
        return found[:limit], len(found)

    def _ask(self) -> None:
        if self.away:
            raise Unavailable("the database", "connection refused")


@dataclass
class _FakeTurn:
    tasks: FakeTasks
    project: str

    def get(self, task_id: int) -> Task | None:
        return self.tasks.known.get(task_id)

    def near(self, branch: str, paths: Sequence[str]) -> Sequence[Task]:
        ours = [t for t in self.tasks.known.values() if t.project == self.project and t.status.open]
        return [t for t in ours if t.branch == branch or {*paths} & {*t.paths}]

    def add(self, task: Task) -> Task:
        stored = replace(task, id=max(self.tasks.known, default=0) + 1)
        self.tasks.known[stored.id] = stored
        return stored

    def save(self, task: Task) -> None:
        self.tasks.known[task.id] = task
