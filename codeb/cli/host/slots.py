"""codeb status, codeb slots cleanup."""

import click

from codeb.cli.host.exits import EXIT_CODES
from codeb.cli.host.session import command, dry_run_option, environment_option, json_option
from codeb.tools.results import Record


@click.command(epilog=EXIT_CODES)
@click.argument("project", required=False)
@environment_option
@json_option
def status(project: str | None, environment: str, as_json: bool) -> None:
    """The slots of PROJECT; without one, those of every project."""
    if project is None:
        command("slot_list", {}, as_json=as_json, people=_list)
    else:
        command("slot_status", {"projectName": project, "environment": environment}, as_json=as_json, people=_one)


@click.group()
def slots() -> None:
    """What occupies slots without serving anybody."""


@slots.command(epilog=EXIT_CODES)
@click.argument("project")
@environment_option
@click.option("--force", is_flag=True, help="Also a slot whose grace is not over, or that was never promoted.")
@dry_run_option
@json_option
def cleanup(project: str, environment: str, force: bool, dry_run: bool, as_json: bool) -> None:
    """Remove the container of PROJECT's grace slot once its time is over."""
    given = {"projectName": project, "environment": environment, "force": force, "dryRun": dry_run}
    command("slot_cleanup", given, as_json=as_json, people=lambda record: click.echo(record["message"]))


def _one(record: Record) -> None:
    click.echo(f"{record['projectName']} ({record['environment']})")
    for name, slot in record["slots"].items():
        mark = "*" if slot["isActive"] else " "
        runs = "running" if slot["running"] else "-"
        click.echo(f"{mark} {name:<6}{slot['status']:<10}{slot['version'] or '-':<22}{slot['port']:<7}{runs}")
        if left := slot["gracePeriodRemaining"]:
            click.echo(f"    can take the traffic back for {left['hours']} h {left['minutes']} min")


def _list(record: Record) -> None:
    if not record["data"]:
        click.echo("no project yet; workflow_init makes one")
    for line in record["data"]:
        active = line["activeSlot"]
        serves = f"{active} {line[f'{active}Version']}" if active else "nothing yet"
        click.echo(f"{line['projectName']:<40} {line['environment']:<11} {serves}")
