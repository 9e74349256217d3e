"""What the commands of ``we`` for single tools have in common."""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click
from rich.console import Console

from codeb.cli.we import output
from codeb.cli.we.place import complete_project, or_nearest
from codeb.cli.we.session import Record, Session, confirmation_option, dry_run_option, json_option, pass_session

Command = Callable[..., None]

project_option = click.option(
    "-p", "--project", callback=or_nearest, shell_complete=complete_project, help="Default: the project of this place."
)
any_project_option = click.option(
    "-p", "--project", shell_complete=complete_project, help="Of one project; default: of all that your key sees."
)


def looking(command: Command) -> Command:
    """A command that changes nothing: it gets its session."""
    return json_option(pass_session(command))


def changing(command: Command) -> Command:
    """A command that changes something: it gets its session, and ``how``, the tool's own parameters for it."""

    def made(session: Session, /, *, dry_run: bool, confirmation: str | None, **rest: Any) -> None:
        command(session, how={"dryRun": dry_run, "confirmation": confirmation}, **rest)

    functools.update_wrapper(made, command)
    return dry_run_option(confirmation_option(json_option(pass_session(made))))


def message(record: Record, console: Console) -> None:
    """For answers that say it in a sentence."""
    console.print(record["message"])
    warnings(record)


def warnings(record: Record) -> None:
    for each in record.get("warnings", ()):
        click.echo(f"warning: {each}", err=True)


def rows(console: Console, columns: Sequence[str], lines: Iterable[Sequence[object]], right: str = "") -> None:
    """A table; a column named in ``right`` holds numbers."""
    shown = output.table(*columns, right=tuple(right.split()))
    for line in lines:
        shown.add_row(*map(output.cell, line))
    console.print(shown)


def facts(console: Console, found: dict[str, Any]) -> None:
    """Names and what they are, a line each."""
    width = max(map(len, found), default=0)
    for name, value in found.items():
        console.print(f"  {name:<{width}}  {_said(value)}")


def day(moment: str | None) -> str:
    """Of a moment as on the wire: ``2026-11-24 12:00`` UTC."""
    return moment[:16].replace("T", " ") if moment else "-"


def _said(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
