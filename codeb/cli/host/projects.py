"""codeb projects update."""

import json

import click

from codeb.cli.exits import EXIT_CODES
from codeb.cli.host.session import command, dry_run_option, json_option
from codeb.tools.results import Record


@click.group()
def projects() -> None:
    """What is declared of projects."""


@projects.command(epilog=EXIT_CODES)
@click.argument("project")
@click.argument("settings", nargs=-1, required=True, metavar="NAME=VALUE...")
@dry_run_option
@json_option
def update(project: str, settings: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Change settings of PROJECT, for example healthPath=/ready or watch='{"minutes": 5}'.

    A VALUE is JSON, or else text; null brings the default back.
    """
    given = {"projectName": project, "settings": dict(map(_setting, settings)), "dryRun": dry_run}
    command("project_update", given, as_json=as_json, people=_updated)


def _setting(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _updated(record: Record) -> None:
    if not record["changed"]:
        click.echo("it is so already")
        return
    click.echo(f"changed: {', '.join(record['changedSettings'])}")
    if record["redeployNeeded"]:
        click.echo("the next deploy runs with it")
