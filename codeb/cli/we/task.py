"""we task create, update, done: pieces of work and the files that they hold for a branch. Spec section 6, "task"."""

import getpass
from typing import Any

import click

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we import task_views
from codeb.cli.we.common import changing, message, project_option
from codeb.cli.we.session import Record, Session
from codeb.domain.tasks import Priority, TaskStatus

_files_option = click.option("-f", "--file", "files", multiple=True, metavar="PATH", help="A file to lock; repeatable.")
_priority_option = click.option("--priority", type=click.Choice([str(each) for each in Priority]))
_pr_option = click.option("--pr", "pr_number", type=click.IntRange(1), help="The number of its pull request.")


@click.group(short_help="Work under way, and the files that it holds.")
def task() -> None:
    """Work that is under way and the files it holds, so that two branches do not edit the same ones."""


@task.command(epilog=EXIT_CODES)
@click.argument("title")
@project_option
@_files_option
@click.option("--area", "areas", multiple=True, help="A part of the product, in a word; repeatable.")
@_priority_option
@click.option("--author", help="Default: your login here.")
@click.option("-b", "--branch", help="The branch of git that the work is on; without one a name is made.")
@click.option("--description")
@changing
def create(
    session: Session,
    *,
    project: str,
    author: str | None,
    files: tuple[str, ...],
    areas: tuple[str, ...],
    how: Record,
    **rest: Any,
) -> None:
    """Record a piece of work and lock its files for its branch; refused while another branch's task holds one."""
    given = {"projectName": project, "author": author or getpass.getuser(), "areas": list(areas), **rest}
    session.run("task_create", {**given, "files": _locked(files), **how}, message)


@task.command(epilog=EXIT_CODES)
@task_views.id_argument
@click.option("--title")
@click.option("--description")
@click.option("--status", type=click.Choice([str(each) for each in TaskStatus]))
@_priority_option
@click.option("-b", "--branch")
@_pr_option
@click.option("--note", help="What was done, in a sentence.")
@click.option("--changed", "changed", multiple=True, metavar="PATH", help="A file that the note is about; repeatable.")
@_files_option
@changing
def update(
    session: Session,
    *,
    task_id: int,
    pr_number: int | None,
    changed: tuple[str, ...],
    files: tuple[str, ...],
    how: Record,
    **rest: Any,
) -> None:
    """Change a task, note its progress, or lock further files. A closed task holds none."""
    given = {"taskId": task_id, "prNumber": pr_number, "filesChanged": list(changed), "addFiles": _locked(files)}
    session.run("task_update", {**given, **rest, **how}, message)


@task.command(epilog=EXIT_CODES)
@task_views.id_argument
@click.option("--deploy-id", help="The deployment that shipped it.")
@_pr_option
@changing
def done(session: Session, task_id: int, deploy_id: str | None, pr_number: int | None, how: Record) -> None:
    """End a task as deployed and release its files."""
    given = {"taskId": task_id, "deployId": deploy_id, "prNumber": pr_number}
    session.run("task_complete", {**given, **how}, message)


for _name, _command in task_views.COMMANDS.items():
    task.add_command(_command, _name)


def _locked(files: tuple[str, ...]) -> list[Record]:
    return [{"path": path} for path in files]
