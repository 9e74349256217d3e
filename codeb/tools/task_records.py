"""Tasks as on the wire."""

from codeb.domain.records import iso
from codeb.domain.tasks import Note, Task
from codeb.tools.results import Record


def task_record(task: Task) -> Record:
    """``id`` is null for one that is only planned."""
    return {
        "id": task.id or None,
        "teamId": task.team_id,
        "projectName": task.project,
        "title": task.title,
        "description": task.description,
        "author": task.author,
        "branch": task.branch,
        "prNumber": task.pr_number,
        "status": str(task.status),
        "priority": str(task.priority),
        "affectedFiles": list(task.paths),
        "affectedAreas": list(task.areas),
        "progressNotes": [_note(each) for each in task.notes],
        "deployId": task.deploy_id,
        "createdAt": iso(task.created_at),
        "updatedAt": iso(task.updated_at),
    }


def listed(task: Task) -> Record:
    whole = task_record(task)
    names = ("id", "title", "author", "status", "priority", "projectName", "branch", "prNumber", "affectedFiles")
    times = {key: whole[key] for key in ("createdAt", "updatedAt")}
    return {**{key: whole[key] for key in names}, "filesLocked": task.locked, **times}


def file_records(task: Task) -> list[Record]:
    return [
        {
            "path": file.path,
            "description": file.description,
            "status": "locked" if file.released_at is None else "released",
            "lockedAt": iso(file.locked_at),
            "releasedAt": iso(file.released_at),
        }
        for file in task.files
    ]


def _note(note: Note) -> Record:
    record = {"timestamp": iso(note.at), "note": note.text}
    return {**record, "filesChanged": list(note.files_changed)} if note.files_changed else record
