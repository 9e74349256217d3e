"""task_create, task_list, task_get, task_update, task_check, task_complete. Spec section 6; lessons 8 and 19."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from codeb.domain.access import Role
from codeb.domain.project import UnknownProject
from codeb.domain.tasks import (
    CLOSED,
    MOST_FILES,
    Priority,
    Task,
    TaskStatus,
    UnknownTask,
    clash_record,
    file_path,
)
from codeb.services.protocols.tasks import TaskFilter
from codeb.services.tasks import Changed, NewTask, TaskChange
from codeb.tools.call import Call
from codeb.tools.params import DryRun, Params, ProjectName, ProjectParams
from codeb.tools.plan import planned
from codeb.tools.results import Record
from codeb.tools.task_records import file_records, listed, task_record
from codeb.tools.tool import Lane, Tool

Title = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Description = Annotated[str, StringConstraints(max_length=20_000)]
Author = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Branch = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f\x7f~^:?*\[\\-][^\s\x00-\x1f\x7f~^:?*\[\\]{0,254}$")]
Path = Annotated[str, AfterValidator(file_path)]
Paths = Annotated[tuple[Path, ...], Field(max_length=MOST_FILES)]
Area = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
TaskId = Annotated[int, Field(ge=1, le=2**53)]


class FileParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    path: Path
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None


Files = Annotated[tuple[FileParams, ...], Field(max_length=MOST_FILES)]


class CreateParams(ProjectParams, DryRun):
    title: Title
    description: Description = ""
    author: Author
    branch: Branch | None = Field(default=None, description="the branch of git that the work is on; none makes a name")
    priority: Priority = Priority.MEDIUM
    files: Files = ()
    areas: tuple[Area, ...] = Field(default=(), max_length=100)


class ListParams(Params):
    project_name: ProjectName | None = None
    status: TaskStatus | None = Field(default=None, description="only these; activeOnly is not looked at then")
    author: Author | None = None
    active_only: bool = True
    limit: int = Field(default=200, ge=1, le=1000)


class GetParams(Params):
    task_id: TaskId


class UpdateParams(GetParams, DryRun):
    title: Title | None = None
    description: Description | None = None
    status: TaskStatus | None = None
    priority: Priority | None = None
    branch: Branch | None = None
    pr_number: Number | None = None
    note: Annotated[str, StringConstraints(min_length=1, max_length=5000)] | None = None
    files_changed: Paths = Field(default=(), description="told with the note; locks nothing")
    add_files: Files = ()


class CheckParams(Params):
    files: Paths = Field(min_length=1)
    exclude_task_id: TaskId | None = None
    project_name: ProjectName | None = Field(default=None, description="none: every project that the key sees")
    branch: Branch | None = Field(default=None, description="its own tasks are in nobody's way")


class CompleteParams(GetParams, DryRun):
    deploy_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    pr_number: Number | None = None


def create(call: Call, params: CreateParams) -> Record:
    """Record a piece of work and lock its files for its branch; refused while another branch's task holds one."""
    project = call.project(params.project_name)
    new = NewTask(
        title=params.title,
        author=params.author,
        description=params.description,
        branch=params.branch or "",
        priority=params.priority,
        files=_files(params.files),
        areas=params.areas,
    )
    done = call.services.tasks.create(project, new, plan=params.dry_run)
    record = {"task": task_record(done.task), "lockedFiles": done.task.locked, "worktreeBranch": done.task.branch}
    said = f"{done.task.locked} files locked for branch {done.task.branch}"
    return _told(done, params, f"make the task: {said}", f"task {done.task.id} is made: {said}", record)


def list_(call: Call, params: ListParams) -> Record:
    """The tasks of the projects that this key sees, newest first; the open ones unless asked otherwise."""
    if params.status is not None:
        statuses = frozenset({params.status})
    else:
        statuses = frozenset(TaskStatus) - (CLOSED if params.active_only else frozenset())
    wanted = TaskFilter(_projects(call, params.project_name), statuses, params.author)
    tasks, total = call.services.tasks.find(wanted, params.limit)
    return {"tasks": [listed(each) for each in tasks], "total": total, "message": f"{len(tasks)} of {total} tasks"}


def get(call: Call, params: GetParams) -> Record:
    """One task with its files and notes."""
    task = _visible(call, params.task_id)
    return {"task": task_record(task), "files": file_records(task), "message": f"{task.locked} files are locked"}


def update(call: Call, params: UpdateParams) -> Record:
    """Change a task, note its progress, or lock further files. A closed task holds no files."""
    change = TaskChange(
        title=params.title,
        description=params.description,
        status=params.status,
        priority=params.priority,
        branch=params.branch,
        pr_number=params.pr_number,
        note=params.note,
        files_changed=params.files_changed,
        files=_files(params.add_files),
    )
    done = call.services.tasks.update(_visible(call, params.task_id), change, plan=params.dry_run)
    record = {
        "task": task_record(done.task),
        "newLocksAdded": done.new_locks,
        "releasedFiles": done.released,
    }
    said = f"{done.new_locks} files locked, {done.released} released"
    return _told(done, params, f"change task {params.task_id}: {said}", f"task {params.task_id}: {said}", record)


def check(call: Call, params: CheckParams) -> Record:
    """Who holds these files now. Locks nothing; only task_create and task_update do."""
    projects = _projects(call, params.project_name)
    files = tuple(dict.fromkeys(params.files))
    found = call.services.tasks.check(projects, files, besides=params.exclude_task_id or 0, branch=params.branch)
    return {
        "hasConflicts": bool(found),
        "conflicts": [clash_record(each) for each in found],
        "checkedFiles": len(files),
        "message": f"{len(found)} tasks hold some of them" if found else "nobody holds any of them",
    }


def complete(call: Call, params: CompleteParams) -> Record:
    """End a task as deployed and release its files."""
    done = call.services.tasks.complete(
        _visible(call, params.task_id), deploy_id=params.deploy_id, pr_number=params.pr_number, plan=params.dry_run
    )
    record = {"task": task_record(done.task), "releasedFiles": done.released}
    said = f"{done.released} files released"
    return _told(done, params, f"end task {params.task_id}: {said}", f"task {params.task_id} is done: {said}", record)


def _files(given: tuple[FileParams, ...]) -> dict[str, str]:
    return {each.path: each.description or "" for each in given}


def _projects(call: Call, name: str | None) -> list[str]:
    return [call.project(name).name] if name else [each.name for each in call.projects()]


def _visible(call: Call, task_id: int) -> Task:
    """The task, if its project is one that this key sees; raises UnknownTask."""
    task = call.services.tasks.get(task_id)
    if not call.auth.covers(task.project):
        raise UnknownTask(task_id)
    try:
        call.project(task.project)
    except UnknownProject:
        raise UnknownTask(task_id) from None
    return task


def _told(done: Changed, params: DryRun, plan: str, said: str, record: Record) -> Record:
    if not done.changed:
        plan = said = f"nothing: task {done.task.id} is so already"
    if params.dry_run:
        return planned(plan, **record)
    return {**record, "changed": done.changed, "message": said}


TOOLS: tuple[Tool[Any], ...] = (
    Tool("task_create", "task.write", Role.MEMBER, CreateParams, create, Lane.CHANGE),
    Tool("task_list", "task.view", Role.VIEWER, ListParams, list_),
    Tool("task_get", "task.view", Role.VIEWER, GetParams, get),
    Tool("task_update", "task.write", Role.MEMBER, UpdateParams, update, Lane.CHANGE),
    Tool("task_check", "task.view", Role.VIEWER, CheckParams, check),
    Tool("task_complete", "task.write", Role.MEMBER, CompleteParams, complete, Lane.CHANGE),
)
