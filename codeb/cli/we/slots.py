"""we status: who has the traffic, what else is there, and what is under way."""

from typing import Any

import click
from rich.console import Console
from rich.text import Text

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we import output
from codeb.cli.we.place import any_project_argument, project_argument
from codeb.cli.we.release_view import health_of
from codeb.cli.we.session import Record, Session, environment_option, json_option, pass_session
from codeb.client import CallFailed

_SLOTS = ("blue", "green")


@click.command(short_help="Who has the traffic, and what else is there.", epilog=EXIT_CODES)
@any_project_argument
@environment_option
@json_option
@pass_session
def status(session: Session, project: str | None, environment: str | None) -> None:
    """Both slots of PROJECT; without one, every project at a glance."""
    if project is None:
        session.run("slot_list", {}, _all)
    else:
        _show(session, project, environment)


@click.command(epilog=EXIT_CODES)
@project_argument
@environment_option
@json_option
@pass_session
def slot(session: Session, project: str, environment: str | None) -> None:
    """Both slots of PROJECT, as `we status PROJECT` shows them."""
    _show(session, project, environment)


def _show(session: Session, project: str, environment: str | None) -> None:
    with session.told():
        record = session.client.call("slot_status", {"projectName": project, "environment": environment})
        if not session.as_json:
            record["underWay"] = _under_way(session, record)
        session.show(record, one)


def _under_way(session: Session, record: Record) -> list[Record]:
    """Deploys that have not ended; a key that may not see them sees none."""
    where = {key: record[key] for key in ("projectName", "environment")}
    try:
        found: list[Record] = session.client.call("deployment_list", {**where, "limit": 5})["deployments"]
    except CallFailed:
        return []
    return [each for each in found if each["status"] in ("pending", "running")]


def one(record: Record, console: Console) -> None:
    """One environment: a line a slot, the one with the traffic marked."""
    project, environment = record["projectName"], record["environment"]
    console.print(Text.assemble((project, "bold"), f" ({environment})"))
    if record["data"].get("maintenance"):
        console.print(Text("visitors see the maintenance page", "yellow"))
    shown = output.table("", "SLOT", "STATE", "VERSION", "HEALTH", "DEPLOYED", "DEPLOYMENT", "")
    for name in _SLOTS:
        now, held = record["slots"][name], record["data"][name]
        shown.add_row(
            "*" if now["isActive"] else " ",
            name,
            output.state(now["status"]),
            output.version(now["version"]),
            output.state(health_of(now, held)),
            output.age(held.get("deployedAt")),
            output.cell(now["deploymentId"]),
            _remark(now, held),
        )
    console.print(shown)
    for each in record.get("underWay", ()):
        running = [step["name"].replace("_", " ") for step in each["steps"] if step["status"] == "running"]
        at = f", at {running[-1]}" if running else ""
        console.print(
            f"under way: {output.version(each['version'])} ({each['id']}), begun {output.age(each['createdAt'])}{at}"
        )
    if record["activeSlot"] is None:
        console.print("nothing has the traffic yet")


def _remark(now: Record, held: Record) -> str:
    if left := now["gracePeriodRemaining"]:
        pinned = f", pinned by {held['pinnedBy']}" if held.get("pinnedBy") else ""
        return f"can take the traffic back for {output.span(left['hours'] * 3600 + left['minutes'] * 60)}{pinned}"
    return "was rolled back" if held.get("rolledBackAt") and not now["isActive"] else ""


def _all(record: Record, console: Console) -> None:
    if not record["data"]:
        console.print("no project yet; `we init` makes one")
        return
    shown = output.table("PROJECT", "ENVIRONMENT", "TRAFFIC", "VERSION", "OTHER SLOT", "CHANGED")
    for line in sorted(record["data"], key=lambda each: (each["projectName"], each["environment"])):
        active = line["activeSlot"]
        shown.add_row(
            line["projectName"],
            line["environment"],
            output.state(active or "-"),
            output.version(active and line[f"{active}Version"]),
            _other(line, active),
            output.age(line["lastUpdated"]),
        )
    console.print(shown)


def _other(line: dict[str, Any], active: str | None) -> Text:
    held = [name for name in _SLOTS if name != active and line[f"{name}State"] != "empty"]
    parts: list[Text | str] = []
    for name in held:
        parts += [
            ", " if parts else "",
            output.state(line[f"{name}State"]),
            f" {output.version(line[f'{name}Version'])}",
        ]
    return Text.assemble(*parts) if parts else Text("-")
