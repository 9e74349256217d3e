"""Tasks in the database. A project's row is held while its tasks change: ten creates at once stand in line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import Connection
from psycopg.rows import DictRow

from codeb.adapters.postgres.database import Database, Row
from codeb.adapters.postgres.json_text import jsonb
from codeb.domain.project import UnknownProject
from codeb.domain.tasks import CLOSED, Note, Priority, Task, TaskFile, TaskStatus
from codeb.services.protocols.tasks import TaskFilter, TaskTurn

_SELECT = """
    SELECT t.*, count(*) OVER () AS total,
           coalesce((SELECT jsonb_agg(jsonb_build_array(f.file_path, f.change_description, f.locked_at, f.released_at)
                                      ORDER BY f.id)
                       FROM work_task_files f WHERE f.task_id = t.id), '[]') AS files
      FROM work_tasks t
"""
_HOLDS = """
    EXISTS (SELECT 1 FROM work_task_files h WHERE h.task_id = t.id AND h.released_at IS NULL
              AND md5(h.file_path) IN (SELECT md5(path) FROM unnest(%(paths)s::text[]) path)
              AND h.file_path = ANY (%(paths)s::text[]))
"""
_OPEN = _SELECT + " WHERE t.project_name = ANY (%(projects)s::text[]) AND NOT t.status = ANY (%(closed)s::text[])"
_NEWEST = " ORDER BY t.created_at DESC, t.id DESC"
_INSERT = """
    INSERT INTO work_tasks (team_id, project_name, title, description, author, branch, pr_number, status, priority,
                            affected_areas, progress_notes, deploy_id, created_at, updated_at)
    VALUES (%(team_id)s, %(project)s, %(title)s, %(description)s, %(author)s, %(branch)s, %(pr_number)s, %(status)s,
            %(priority)s, %(areas)s, %(notes)s, %(deploy_id)s, %(created_at)s, %(updated_at)s)
    RETURNING id
"""
_UPDATE = """
    UPDATE work_tasks
       SET title = %(title)s, description = %(description)s, branch = %(branch)s, pr_number = %(pr_number)s,
           status = %(status)s, priority = %(priority)s, progress_notes = %(notes)s, deploy_id = %(deploy_id)s,
           updated_at = %(updated_at)s
     WHERE id = %(id)s
"""
_FILE = """
    INSERT INTO work_task_files (task_id, file_path, change_description, locked_at, released_at)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (task_id, md5(file_path))
    DO UPDATE SET locked_at = excluded.locked_at, released_at = excluded.released_at
"""
_CLOSED = [str(each) for each in CLOSED]


@dataclass(frozen=True, slots=True)
class TaskRows:
    database: Database

    @contextmanager
    def turn(self, project: str) -> Iterator[TaskTurn]:
        with self.database.transaction() as connection:
            found = connection.execute("SELECT 1 FROM projects WHERE name = %s FOR NO KEY UPDATE", [project]).fetchone()
            if found is None:
                raise UnknownProject(project)
            yield _Turn(connection, project)

    def get(self, task_id: int) -> Task | None:
        with self.database.transaction() as connection:
            return _get(connection, task_id)

    def holders(self, projects: Sequence[str], paths: Sequence[str]) -> Sequence[Task]:
        values = {"projects": list(projects), "closed": _CLOSED, "paths": list(paths)}
        with self.database.transaction() as connection:
            return [_task(row) for row in connection.execute(f"{_OPEN} AND {_HOLDS} ORDER BY t.id", values)]

    def find(self, wanted: TaskFilter, limit: int) -> tuple[Sequence[Task], int]:
        values = {
            "projects": list(wanted.projects),
            "statuses": [str(each) for each in wanted.statuses],
            "author": wanted.author,
            "limit": limit,
        }
        where = """ WHERE t.project_name = ANY (%(projects)s::text[]) AND t.status = ANY (%(statuses)s::text[])
                      AND (%(author)s::text IS NULL OR t.author = %(author)s)"""
        with self.database.transaction() as connection:
            rows = connection.execute(f"{_SELECT}{where}{_NEWEST} LIMIT %(limit)s", values).fetchall()
        return [_task(row) for row in rows], rows[0]["total"] if rows else 0


@dataclass(frozen=True, slots=True)
class _Turn:
    connection: Connection[DictRow]
    project: str

    def get(self, task_id: int) -> Task | None:
        return _get(self.connection, task_id)

    def near(self, branch: str, paths: Sequence[str]) -> Sequence[Task]:
        values = {"projects": [self.project], "closed": _CLOSED, "branch": branch, "paths": list(paths)}
        query = f"{_OPEN} AND (t.branch = %(branch)s OR {_HOLDS}) ORDER BY t.id"
        return [_task(row) for row in self.connection.execute(query, values)]

    def add(self, task: Task) -> Task:
        row = self.connection.execute(_INSERT, _values(task)).fetchone()
        assert row is not None  # noqa: S101 - an INSERT that returns
        self._keep_files(row["id"], task)
        stored = self.get(row["id"])
        assert stored is not None  # noqa: S101 - it was stored a moment ago, in this transaction
        return stored

    def save(self, task: Task) -> None:
        self.connection.execute(_UPDATE, {**_values(task), "id": task.id})
        self._keep_files(task.id, task)

    def _keep_files(self, task_id: int, task: Task) -> None:
        with self.connection.cursor() as cursor:
            cursor.executemany(
                _FILE, [(task_id, f.path, f.description, f.locked_at, f.released_at) for f in task.files]
            )


def _get(connection: Connection[DictRow], task_id: int) -> Task | None:
    row = connection.execute(_SELECT + " WHERE t.id = %s", [task_id]).fetchone()
    return _task(row) if row else None


def _values(task: Task) -> dict[str, object]:
    notes = [[note.at.isoformat(), note.text, list(note.files_changed)] for note in task.notes]
    names = ("team_id", "project", "title", "description", "author", "branch", "pr_number", "deploy_id")
    return {
        **{name: getattr(task, name) for name in (*names, "created_at", "updated_at")},
        "status": str(task.status),
        "priority": str(task.priority),
        "areas": jsonb(list(task.areas)),
        "notes": jsonb(notes),
    }


def _task(row: Row) -> Task:
    return Task(
        id=row["id"],
        team_id=row["team_id"],
        project=row["project_name"],
        title=row["title"],
        description=row["description"],
        author=row["author"],
        branch=row["branch"],
        pr_number=row["pr_number"],
        status=TaskStatus(row["status"]),
        priority=Priority(row["priority"]),
        files=tuple(TaskFile(f[0], f[1], _moment(f[2]), f[3] and _moment(f[3])) for f in row["files"]),
        areas=tuple(row["affected_areas"]),
        notes=tuple(Note(_moment(at), text, tuple(files)) for at, text, files in row["progress_notes"]),
        deploy_id=row["deploy_id"],
        created_at=row["created_at"].astimezone(UTC),
        updated_at=row["updated_at"].astimezone(UTC),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
