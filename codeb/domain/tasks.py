"""Tasks and the files they hold: a lock belongs to (project, path) and is held by a branch. Spec section 6, "task"."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from codeb.errors import InvalidInput, Refused

MOST_FILES = 500
MOST_NOTES = 200
_LONGEST_PATH = 1000
_MANY = 3


class TaskStatus(StrEnum):
    DRAFT = "draft"
    IN_PROGRESS = "in_progress"
    PUSHED = "pushed"
    DEPLOYING = "deploying"
    DEPLOYED = "deployed"
    CANCELLED = "cancelled"

    @property
    def open(self) -> bool:
        """Whether a task in this state holds its files."""
        return self not in CLOSED


CLOSED = frozenset({TaskStatus.DEPLOYED, TaskStatus.CANCELLED})


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class TaskFile:
    """``released_at`` is None while its task is open."""

    path: str
    description: str
    locked_at: datetime
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Note:
    at: datetime
    text: str
    files_changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """``id`` is 0 until it is stored; ``team_id`` is its project's."""

    id: int
    team_id: str
    project: str
    title: str
    description: str
    author: str
    branch: str
    pr_number: int | None
    status: TaskStatus
    priority: Priority
    files: tuple[TaskFile, ...]
    areas: tuple[str, ...]
    notes: tuple[Note, ...]
    deploy_id: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(file.path for file in self.files)

    @property
    def locked(self) -> int:
        """How many files it holds."""
        return sum(file.released_at is None for file in self.files)

    def with_files(self, wanted: Mapping[str, str], now: datetime) -> "Task":
        """Also holding ``wanted``, path to description; raises InvalidInput when those are too many."""
        added = tuple(TaskFile(path, text, now) for path, text in wanted.items() if path not in self.paths)
        if len(self.files) + len(added) > MOST_FILES:
            raise InvalidInput("addFiles", f"a task holds {MOST_FILES} files at most")
        return replace(self, files=self.files + added)

    def with_note(self, note: Note) -> "Task":
        """The newest notes are kept. One that says what the last one said is no new one: clients repeat calls."""
        last = self.notes[-1] if self.notes else None
        if last is not None and replace(last, at=note.at) == note:
            return self
        return replace(self, notes=(*self.notes, note)[-MOST_NOTES:])

    def settled(self, now: datetime) -> "Task":
        """With files that are held when the task is open, and free when it is not."""
        if self.status.open:
            files = (f if f.released_at is None else replace(f, locked_at=now, released_at=None) for f in self.files)
        else:
            files = (replace(f, released_at=f.released_at or now) for f in self.files)
        return replace(self, files=tuple(files))


@dataclass(frozen=True, slots=True)
class Clash:
    """A task that holds some of the files that somebody wants."""

    task: Task
    files: tuple[str, ...]
    severity: str


def clashes(wanted: Sequence[str], tasks: Iterable[Task], *, branch: str | None, besides: int = 0) -> list[Clash]:
    """What stands in the way of ``branch``; None is a branch that no task is on. ``besides`` is the asker's own id."""
    found = []
    for task in tasks:
        if task.id == besides or not task.status.open or task.branch == branch:
            continue
        files = tuple(path for path in wanted if path in task.paths)
        if files:
            found.append(Clash(task, files, _severity(len(files), len(wanted))))
    return found


def _severity(hit: int, wanted: int) -> str:
    return "high" if hit >= _MANY or hit * 2 > wanted else "medium"


def file_path(text: str) -> str:
    """``text`` as the one name of a file in its repository. Case is kept. Raises InvalidInput."""
    if len(text) > _LONGEST_PATH:
        raise InvalidInput("files", f"a path has {_LONGEST_PATH} characters at most")
    if text.startswith("/") or "\\" in text or not text.isprintable():
        raise InvalidInput("files", f"{text[:100]!r} is not a path below the repository's root, written with /")
    parts = [part for part in text.strip().split("/") if part not in ("", ".")]
    if not parts or ".." in parts:
        raise InvalidInput("files", f"{text[:100]!r} does not name a file below the repository's root")
    return "/".join(parts)


class UnknownTask(Refused):
    code = "unknown_task"

    def __init__(self, task_id: int) -> None:
        super().__init__(f"no task {task_id}; task_list has the ids")


class TaskClosed(Refused):
    code = "task_closed"

    def __init__(self, task: Task) -> None:
        super().__init__(f"task {task.id} is {task.status} and holds no files; give it an open status to add some")


class TaskConflict(Refused):
    """Other branches hold files that were asked for; nothing was stored."""

    code = "task_conflict"

    def __init__(self, found: Sequence[Clash]) -> None:
        self.clashes = tuple(found)
        files = sorted({path for clash in found for path in clash.files})
        holders = ", ".join(f"task {clash.task.id} (branch {clash.task.branch})" for clash in found[:3])
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        super().__init__(f"{files[0]}{more}: held by {holders}; wait until that is done, or work on its branch")

    def facts(self) -> dict[str, object]:
        return {"blocked": True, "conflicts": [clash_record(clash) for clash in self.clashes]}


def clash_record(clash: Clash) -> dict[str, object]:
    task = clash.task
    return {
        "taskId": task.id,
        "title": task.title,
        "author": task.author,
        "status": str(task.status),
        "projectName": task.project,
        "branch": task.branch,
        "conflictingFiles": list(clash.files),
        "severity": clash.severity,
    }
