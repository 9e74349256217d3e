"""we maintenance, pin, cleanup. Spec sections 2 and 5."""

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.common import changing, day, message
from codeb.cli.we.place import complete_project, project_argument
from codeb.cli.we.session import Record, Session, environment_option, yes_option


@click.command(short_help="Show visitors a maintenance page, or end that.", epilog=EXIT_CODES)
@click.argument("project", shell_complete=complete_project)
@click.argument("state", type=click.Choice(["on", "off"]))
@environment_option
@click.option("--reason", help="Why, for the records.")
@changing
def maintenance(
    session: Session, *, project: str, state: str, environment: str | None, reason: str | None, how: Record
) -> None:
    """Answer every visitor of PROJECT with a page that says so (503), or end that."""
    given = {"projectName": project, "environment": environment, "enabled": state == "on", "reason": reason}
    session.run("maintenance", {**given, **how}, _maintained)


@click.command(short_help="Keep the grace slot longer.", epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("--hours", type=click.FloatRange(0, 2160, min_open=True), default=168.0, show_default=True)
@changing
def pin(session: Session, project: str, environment: str | None, hours: float, how: Record) -> None:
    """Keep the grace slot of PROJECT for so many hours from now; no deploy throws it away without force."""
    session.run("slot_pin", {"projectName": project, "environment": environment, "hours": hours, **how}, _pinned)


@click.command(short_help="Remove what a slot keeps after its grace.", epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("--force", is_flag=True, help="Also a slot whose grace is not over, or that was never promoted.")
@yes_option
@changing
def cleanup(session: Session, *, project: str, environment: str | None, force: bool, yes: bool, how: Record) -> None:
    """Remove the container of PROJECT's grace slot once its time is over; a rollback is then no longer at once."""
    given = {"projectName": project, "environment": environment, "force": force}
    with session.told():
        if not how["dryRun"]:
            plan = session.client.call("slot_cleanup", {**given, "dryRun": True})
            if plan["cleanedSlot"]:
                session.confirm(f"This would {'; '.join(plan['plan'])}. Go on?", yes=yes)
    session.run("slot_cleanup", {**given, **how}, message)


def _maintained(record: Record, console: Console) -> None:
    state = "in maintenance" if record["maintenance"] else "not in maintenance"
    already = "" if record["changed"] else " already"
    console.print(f"{record['projectName']} ({record['environment']}) is {state}{already}: {record['url']}")


def _pinned(record: Record, console: Console) -> None:
    ends = day(record["gracePeriod"]["endsAt"])
    console.print(f"{record['slot']} ({record['version']}) can take the traffic back until {ends} UTC")
