"""we deployments; we deployment get, cancel. Spec section 6, "Beyond the original"."""

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.common import changing, day, facts, looking, project_option, rows
from codeb.cli.we.output import duration
from codeb.cli.we.place import project_argument
from codeb.cli.we.session import Record, Session, environment_option

_id_argument = click.argument("deployment_id", metavar="ID")


@click.command(epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@looking
def deployments(session: Session, project: str, environment: str | None, limit: int) -> None:
    """The deployments of PROJECT, newest first."""
    session.run("deployment_list", {"projectName": project, "environment": environment, "limit": limit}, _list)


@click.group()
def deployment() -> None:
    """One deployment, by its ID of `we deployments`."""


@deployment.command(epilog=EXIT_CODES)
@_id_argument
@project_option
@looking
def get(session: Session, deployment_id: str, project: str) -> None:
    """Its steps, what went wrong, and when it was promoted."""
    session.run("deployment_get", {"projectName": project, "deploymentId": deployment_id}, _whole)


@deployment.command(epilog=EXIT_CODES)
@_id_argument
@project_option
@changing
def cancel(session: Session, deployment_id: str, project: str, how: Record) -> None:
    """End a deploy that is under way; everything is then as it was before it."""
    session.run("deployment_cancel", {"projectName": project, "deploymentId": deployment_id, **how}, _cancelled)


def _list(record: Record, console: Console) -> None:
    if not record["deployments"]:
        console.print("nothing was deployed yet")
        return
    keys = ("id", "environment", "slot", "version")
    lines = [
        [*(each[key] for key in keys), _status(each), day(each["createdAt"]), each["deployedBy"], each["source"]]
        for each in record["deployments"]
    ]
    columns = ("ID", "ENVIRONMENT", "SLOT", "VERSION", "STATUS", "WHEN (UTC)", "BY", "FROM")
    rows(console, columns, lines)


def _status(each: Record) -> str:
    """How it ended, and then how far it came."""
    if each["rolledBackAt"]:
        return "rolled back"
    return "promoted" if each["promotedAt"] else str(each["status"])


def _whole(record: Record, console: Console) -> None:
    found = record["deployment"]
    console.print(f"{found['id']}: {_status(found)}")
    shown = {
        "where": f"{found['projectName']} ({found['environment']}), slot {found['slot'] or '-'}",
        "image": found["image"],
        "deployed": f"{day(found['createdAt'])} UTC by {found['deployedBy']} ({found['source']})",
        "variables": f"version {found['envVersion']}",
    }
    for event, word in (("promoted", "promoted"), ("rolledBack", "rolled back")):
        if found[f"{event}At"]:
            shown[word] = f"{day(found[f'{event}At'])} UTC by {found[f'{event}By']}"
    facts(console, shown)
    steps = [(each["name"], each["status"], duration(each["duration"]), each.get("error")) for each in found["steps"]]
    rows(console, ("STEP", "STATUS", "TOOK", "ERROR"), steps, right="TOOK")
    if found["error"]:
        console.print(found["error"])


def _cancelled(record: Record, console: Console) -> None:
    console.print(f"{record['deploymentId']}: {record['message']}")
