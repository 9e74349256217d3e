"""codeb status, codeb slots cleanup, codeb slots pin."""

import json

import click

from codeb.cli.exits import EXIT_CODES, told
from codeb.cli.host.session import command, dry_run_option, environment_option, json_option, opened
from codeb.tools.results import Record, finding_record


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
@click.argument("project", required=False)
@environment_option
@click.option("--force", is_flag=True, help="Also a slot whose grace is not over, or that was never promoted.")
@dry_run_option
@json_option
def cleanup(project: str | None, environment: str, force: bool, dry_run: bool, as_json: bool) -> None:
    """Remove the container of PROJECT's grace slot once its time is over; without PROJECT, of every such slot.

    The API server does this by itself; without PROJECT it is what a timer runs on a host that has none.
    """
    if project is None:
        if force or dry_run:
            raise click.UsageError("--force and --dry-run want a PROJECT")
        reap(as_json=as_json)
        return
    given = {"projectName": project, "environment": environment, "force": force, "dryRun": dry_run}
    command("slot_cleanup", given, as_json=as_json, people=lambda record: click.echo(record["message"]))


@slots.command(epilog=EXIT_CODES)
@click.argument("project")
@environment_option
@click.option("--hours", type=click.FloatRange(0, 2160, min_open=True), default=168.0, show_default=True)
@dry_run_option
@json_option
def pin(project: str, environment: str, hours: float, dry_run: bool, as_json: bool) -> None:
    """Keep the grace slot of PROJECT for so many hours from now; no deploy throws it away without force."""
    given = {"projectName": project, "environment": environment, "hours": hours, "dryRun": dry_run}
    command("slot_pin", given, as_json=as_json, people=_pinned)


def reap(*, as_json: bool) -> None:
    """End every grace whose time is over."""
    with told(as_json=as_json), opened() as (services, _):
        findings = services.upkeep.reap()
    if as_json:
        record = {"changed": any(each.mended for each in findings), "findings": [finding_record(f) for f in findings]}
        click.echo(json.dumps({"success": True, **record}))
        return
    for finding in findings:
        click.echo(f"{finding.environment}: {finding.what}")
    if not findings:
        click.echo("no grace is over")


def _pinned(record: Record) -> None:
    ends = record["gracePeriod"]["endsAt"]
    click.echo(f"{record['slot']} ({record['version']}) can take the traffic back until {ends}")


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
