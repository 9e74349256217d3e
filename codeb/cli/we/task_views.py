"""we task list, get, check: what is under way and who holds which file."""

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES, REFUSED
from codeb.cli.we.common import any_project_option, day, looking, rows
from codeb.cli.we.session import Record, Session
from codeb.domain.tasks import TaskStatus

id_argument = click.argument("task_id", metavar="ID", type=click.IntRange(1))


@click.command(epilog=EXIT_CODES)
@any_project_option
@click.option("--status", type=click.Choice([str(each) for each in TaskStatus]), help="Only these.")
@click.option("--author", help="Only this person's.")
@click.option("-a", "--all", "every", is_flag=True, help="The closed ones too.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@looking
def list_(
    session: Session, *, project: str | None, status: str | None, author: str | None, every: bool, limit: int
) -> None:
    """The open tasks, newest first."""
    given = {"projectName": project, "status": status, "author": author, "activeOnly": not every, "limit": limit}
    session.run("task_list", given, _list)


@click.command(epilog=EXIT_CODES)
@id_argument
@looking
def get(session: Session, task_id: int) -> None:
    """One task with its files and notes."""
    session.run("task_get", {"taskId": task_id}, _whole)


@click.command(epilog=EXIT_CODES)
@click.argument("files", nargs=-1, required=True, metavar="PATH...")
@any_project_option
@click.option("-b", "--branch", help="Its own tasks are in nobody's way.")
@click.option("--exclude", "task_id", type=click.IntRange(1), metavar="ID", help="A task that does not count.")
@looking
def check(
    session: Session, *, files: tuple[str, ...], project: str | None, branch: str | None, task_id: int | None
) -> None:
    """Who holds these files now; nothing is locked. Exits 1 where somebody does."""
    given = {"files": list(files), "projectName": project, "branch": branch, "excludeTaskId": task_id}
    with session.told():
        record = session.client.call("task_check", given)
    session.show(record, _checked)
    if record["hasConflicts"]:
        raise click.exceptions.Exit(REFUSED)


COMMANDS = {"list": list_, "get": get, "status": get, "check": check}


def _list(record: Record, console: Console) -> None:
    if not record["tasks"]:
        console.print("no task; `we task create` makes one")
        return
    keys = ("id", "title", "projectName", "branch", "author", "status", "priority", "filesLocked")
    columns = ("ID", "TITLE", "PROJECT", "BRANCH", "AUTHOR", "STATUS", "PRIORITY", "FILES")
    rows(console, columns, [[each[key] for key in keys] for each in record["tasks"]], right="ID FILES")
    if record["total"] > len(record["tasks"]):
        click.echo(f"{record['message']}; --limit shows more", err=True)


def _whole(record: Record, console: Console) -> None:
    task = record["task"]
    console.print(f"task {task['id']}: {task['title']}")
    console.print(f"  {task['status']}, priority {task['priority']}, by {task['author']} on branch {task['branch']}")
    pull = f", pull request {task['prNumber']}" if task["prNumber"] else ""
    console.print(f"  project {task['projectName']}, since {day(task['createdAt'])} UTC{pull}")
    if task["description"]:
        console.print(f"  {task['description']}")
    if record["files"]:
        rows(
            console,
            ("FILE", "IS", "FOR"),
            [[f[key] for key in ("path", "status", "description")] for f in record["files"]],
        )
    if task["progressNotes"]:
        rows(
            console, ("NOTED (UTC)", "WHAT"), [(day(note["timestamp"]), note["note"]) for note in task["progressNotes"]]
        )


def _checked(record: Record, console: Console) -> None:
    console.print(record["message"])
    if record["conflicts"]:
        lines = [
            (each["taskId"], each["title"], each["branch"], each["author"], ", ".join(each["conflictingFiles"]))
            for each in record["conflicts"]
        ]
        rows(console, ("TASK", "TITLE", "BRANCH", "AUTHOR", "HOLDS"), lines, right="TASK")
