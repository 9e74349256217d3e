"""we env history, diff, restore. Spec section 6."""

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.common import changing, day, looking, message, rows
from codeb.cli.we.place import project_argument
from codeb.cli.we.session import Record, Session, environment_option

_MARKS = {"set": "+", "updated": "~", "removed": "-"}


@click.command(epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@click.option("--before", type=click.IntRange(1), help="Only versions below this one.")
@looking
def history(session: Session, *, project: str, environment: str | None, limit: int, before: int | None) -> None:
    """The stored versions of PROJECT's variables, newest first: who, when, and which names changed."""
    given = {"projectName": project, "environment": environment, "limit": limit, "before": before}
    session.run("env_history", given, _history)


@click.command(epilog=EXIT_CODES)
@project_argument
@click.option("--from", "older", type=click.IntRange(0), help="Default: the version below --to; 0 is nothing stored.")
@click.option("--to", "newer", type=click.IntRange(0), help="Default: the newest version.")
@environment_option
@looking
def diff(session: Session, *, project: str, older: int | None, newer: int | None, environment: str | None) -> None:
    """In which names two stored versions of PROJECT's variables differ. No value is shown, to nobody."""
    given = {"projectName": project, "environment": environment, "fromVersion": older, "toVersion": newer}
    session.run("env_diff", given, _diff)


@click.command(epilog=EXIT_CODES)
@project_argument
@click.option("--version", type=click.IntRange(1), help="Default: what was there before the last write.")
@environment_option
@changing
def restore(session: Session, *, project: str, version: int | None, environment: str | None, how: Record) -> None:
    """Go back to a version of PROJECT's variables: it is stored anew, and the next deploy runs with it."""
    given = {"projectName": project, "environment": environment, "version": version or "master"}
    session.run("env_restore", {**given, **how}, message)


COMMANDS = (history, diff, restore)


def marked(names: Record | None) -> str:
    """``+NEW ~CHANGED -GONE``."""
    if names is None:
        return "its key is not at hand"
    return " ".join(f"{mark}{name}" for kind, mark in _MARKS.items() for name in names[kind]) or "nothing"


def _history(record: Record, console: Console) -> None:
    if not record["versions"]:
        console.print("no variables were stored yet")
        return
    lines = [
        (each["version"], day(each["createdAt"]), each["createdBy"], each["restoredFrom"], marked(each["names"]))
        for each in record["versions"]
    ]
    rows(console, ("VERSION", "STORED (UTC)", "BY", "RESTORED FROM", "CHANGES"), lines)
    if record["nextBefore"]:
        click.echo(f"older ones: --before {record['nextBefore']}", err=True)


def _diff(record: Record, console: Console) -> None:
    old, new = (f"version {record[key]}" for key in ("fromVersion", "toVersion"))
    if record["differences"]:
        lines = [(each["key"], each.get("before"), each.get("after")) for each in record["differences"]]
        rows(console, ("VARIABLE", old.upper(), new.upper()), lines)
    else:
        console.print(f"{old} and {new} hold the same")
