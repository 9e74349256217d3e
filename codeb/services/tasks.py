"""Tasks with file locks: create, change, complete, look. Each change is one transaction. Spec section 6; lesson 19."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from codeb.domain.project import Project
from codeb.domain.tasks import (
    Clash,
    Note,
    Priority,
    Task,
    TaskClosed,
    TaskConflict,
    TaskStatus,
    UnknownTask,
    clashes,
)
from codeb.services.protocols import Clock
from codeb.services.protocols.tasks import TaskFilter, TaskStore, TaskTurn


@dataclass(frozen=True, slots=True)
class NewTask:
    """``files`` is path to description; an empty ``branch`` gets a name that no other task has."""

    title: str
    author: str
    description: str = ""
    branch: str = ""
    priority: Priority = Priority.MEDIUM
    files: Mapping[str, str] = field(default_factory=dict)
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskChange:
    """None leaves a field as it is; ``note`` and ``files`` are added to what is there."""

    title: str | None = None
    description: str | None = None
    status: TaskStatus | None = None
    priority: Priority | None = None
    branch: str | None = None
    pr_number: int | None = None
    deploy_id: str | None = None
    note: str | None = None
    files_changed: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changed:
    """``before`` is None for a new task; both are the same when there was nothing to do."""

    before: Task | None
    task: Task

    @property
    def changed(self) -> bool:
        return self.before != self.task

    @property
    def new_locks(self) -> int:
        return max(0, self.task.locked - (self.before.locked if self.before else 0))

    @property
    def released(self) -> int:
        return max(0, (self.before.locked if self.before else 0) - self.task.locked)


@dataclass(frozen=True, slots=True)
class Tasks:
    store: TaskStore
    clock: Clock

    def get(self, task_id: int) -> Task:
        """Raises UnknownTask, Unavailable."""
        task = self.store.get(task_id)
        if task is None:
            raise UnknownTask(task_id)
        return task

    def find(self, wanted: TaskFilter, limit: int) -> tuple[Sequence[Task], int]:
        return self.store.find(wanted, limit)

    def check(
        self, projects: Sequence[str], paths: Sequence[str], *, besides: int = 0, branch: str | None = None
    ) -> list[Clash]:
        """Who holds ``paths`` in ``projects``. Raises Unavailable."""
        return clashes(paths, self.store.holders(projects, paths), branch=branch, besides=besides)

    def create(self, project: Project, new: NewTask, *, plan: bool = False) -> Changed:
        """Store the task and lock its files; the same one again is found, not made twice. Raises TaskConflict.

        With ``plan`` nothing is stored and the id is 0. Also raises InvalidInput, UnknownProject, Unavailable.
        """
        task = self._made(project, new)
        with self.store.turn(project.name) as turn:
            near = turn.near(task.branch, task.paths)
            twin = next((each for each in near if _same(each, task)), None)
            if twin is not None:
                return Changed(twin, twin)
            _require_free(task, near)
            return Changed(None, task if plan else turn.add(task))

    def update(self, task: Task, change: TaskChange, *, plan: bool = False) -> Changed:
        """Raises UnknownTask, TaskConflict, TaskClosed, InvalidInput, UnknownProject, Unavailable."""
        with self.store.turn(task.project) as turn:
            before = turn.get(task.id)
            if before is None:
                raise UnknownTask(task.id)
            after = self._changed(before, change)
            if after == before:
                return Changed(before, before)
            _require_held(after, turn)
            after = replace(after, updated_at=self.clock.now())
            if not plan:
                turn.save(after)
            return Changed(before, after)

    def complete(self, task: Task, *, deploy_id: str | None, pr_number: int | None, plan: bool = False) -> Changed:
        """Its files are free. Raises UnknownTask, UnknownProject, Unavailable."""
        change = TaskChange(status=TaskStatus.DEPLOYED, deploy_id=deploy_id, pr_number=pr_number)
        return self.update(task, change, plan=plan)

    def _made(self, project: Project, new: NewTask) -> Task:
        now = self.clock.now()
        branch = new.branch or f"worktree-task-{int(now.timestamp() * 1000)}-{secrets.token_hex(3)}"
        empty = Task(
            id=0,
            team_id=project.team_id,
            project=project.name,
            title=new.title,
            description=new.description,
            author=new.author,
            branch=branch,
            pr_number=None,
            status=TaskStatus.IN_PROGRESS,
            priority=new.priority,
            files=(),
            areas=new.areas,
            notes=(),
            deploy_id=None,
            created_at=now,
            updated_at=now,
        )
        return empty.with_files(new.files, now)

    def _changed(self, task: Task, change: TaskChange) -> Task:
        now = self.clock.now()
        names = ("title", "description", "status", "priority", "branch", "pr_number", "deploy_id")
        given = {name: getattr(change, name) for name in names if getattr(change, name) is not None}
        after = replace(task, **given).with_files(change.files, now)
        if after.files != task.files and not after.status.open:
            raise TaskClosed(after)
        if change.note is not None or change.files_changed:
            after = after.with_note(Note(now, change.note or "", change.files_changed))
        return after.settled(now)


def _require_held(task: Task, turn: TaskTurn) -> None:
    """Whatever changed, status, branch or files: an open task holds all of its files, or it is refused."""
    if task.status.open:
        _require_free(task, turn.near(task.branch, task.paths))


def _require_free(task: Task, near: Sequence[Task]) -> None:
    if found := clashes(task.paths, near, branch=task.branch, besides=task.id):
        raise TaskConflict(found)


def _same(stored: Task, asked: Task) -> bool:
    """A client that got no answer asks again."""
    fields = ("title", "author", "branch", "description", "priority", "areas")
    alike = all(getattr(stored, name) == getattr(asked, name) for name in fields)
    return alike and set(asked.paths) <= set(stored.paths)
