"""codeb env get, set, history, diff, restore, rotate-key."""

from typing import BinaryIO

import click

from codeb.cli.exits import EXIT_CODES
from codeb.cli.host.env_key import rotate_key
from codeb.cli.host.session import command, dry_run_option, environment_option, json_option
from codeb.domain.variables import dotenv_text
from codeb.tools.results import Record


@click.group()
def env() -> None:
    """The variables that a project's containers get."""


env.add_command(rotate_key)


@env.command(epilog=EXIT_CODES)
@click.argument("project")
@environment_option
@click.option("--names", is_flag=True, help="Without the values.")
@json_option
def get(project: str, environment: str, names: bool, as_json: bool) -> None:
    """Print the variables of PROJECT as a .env file, which `codeb env set` reads back as the same."""

    def people(record: Record) -> None:
        variables = record["variables"]
        click.echo("\n".join(variables) if names else dotenv_text(variables), nl=names and bool(variables))

    command("env_get", {"projectName": project, "environment": environment}, as_json=as_json, people=people)


@env.command("set", epilog=EXIT_CODES)
@click.argument("project")
@environment_option
@click.option("--file", "file", type=click.File("rb"), default="-", help="A .env file; default: standard input.")
@click.option("--replace", is_flag=True, help="Take away whatever the file does not name.")
@dry_run_option
@json_option
def set_all(*, project: str, environment: str, file: BinaryIO, replace: bool, dry_run: bool, as_json: bool) -> None:
    """Store the variables in a .env file for PROJECT; the next deploy runs with them.

    Values come from a file or from standard input and never from the command line, which everybody on the host can see.
    """
    given = {
        "projectName": project,
        "environment": environment,
        "content": _text(file),
        "merge": not replace,
        "dryRun": dry_run,
    }
    command("env_sync", given, as_json=as_json, people=_stored)


@env.command(epilog=EXIT_CODES)
@click.argument("project")
@click.argument("names", nargs=-1, required=True)
@environment_option
@dry_run_option
@json_option
def unset(project: str, names: tuple[str, ...], environment: str, dry_run: bool, as_json: bool) -> None:
    """Take variables of PROJECT away by their names."""
    given = {"projectName": project, "environment": environment, "remove": list(names), "dryRun": dry_run}
    command("env_sync", given, as_json=as_json, people=_stored)


@env.command(epilog=EXIT_CODES)
@click.argument("project")
@environment_option
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@click.option("--before", type=click.IntRange(1), help="Only versions below this one.")
@json_option
def history(project: str, environment: str, limit: int, before: int | None, as_json: bool) -> None:
    """The stored versions of PROJECT's variables, newest first: who, when, and which names changed."""
    given = {"projectName": project, "environment": environment, "limit": limit, "before": before}
    command("env_history", given, as_json=as_json, people=_history)


@env.command(epilog=EXIT_CODES)
@click.argument("project")
@click.argument("from_version", type=click.IntRange(0), required=False)
@click.argument("to_version", type=click.IntRange(0), required=False)
@environment_option
@json_option
def diff(project: str, from_version: int | None, to_version: int | None, environment: str, as_json: bool) -> None:
    """The names in which two versions of PROJECT's variables differ; by default the newest and the one below it."""
    versions = {"fromVersion": from_version, "toVersion": to_version}
    given = {"projectName": project, "environment": environment, **versions}
    command("env_diff", given, as_json=as_json, people=_diff)


@env.command(epilog=EXIT_CODES)
@click.argument("project")
@click.argument("version", default="master")
@environment_option
@dry_run_option
@json_option
def restore(project: str, version: str, environment: str, dry_run: bool, as_json: bool) -> None:
    """Go back to VERSION of PROJECT's variables, a number; without one, to what was there before the last write."""
    wanted = int(version) if version.isascii() and version.isdigit() else version
    given = {"projectName": project, "environment": environment, "version": wanted, "dryRun": dry_run}
    command("env_restore", given, as_json=as_json, people=lambda record: click.echo(record["message"]))


def _text(file: BinaryIO) -> str:
    try:
        return file.read().decode()
    except UnicodeDecodeError:
        raise click.UsageError("the file is not UTF-8") from None


def _stored(record: Record) -> None:
    click.echo(record["message"])
    if record["duplicates"]:
        click.echo(f"named more than once, the last one counts: {', '.join(record['duplicates'])}", err=True)


def _history(record: Record) -> None:
    for each in record["versions"]:
        when = each["createdAt"][:16].replace("T", " ")
        restored = f"  (version {each['restoredFrom']} again)" if each["restoredFrom"] else ""
        click.echo(f"{each['version']:>6}  {when}  {each['createdBy']:<24} {_marked(each['names'])}{restored}")
    if not record["versions"]:
        click.echo("no variables were stored yet")


def _diff(record: Record) -> None:
    names = {"set": record["added"], "updated": record["changed"], "removed": record["removed"]}
    click.echo(f"version {record['fromVersion']} to {record['toVersion']}: {_marked(names)}")


def _marked(names: Record | None) -> str:
    if names is None:
        return "its key is not at hand"
    marks = {"set": "+", "updated": "~", "removed": "-"}
    return " ".join(f"{mark}{name}" for kind, mark in marks.items() for name in names[kind]) or "nothing"
