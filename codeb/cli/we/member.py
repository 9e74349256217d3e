"""we member: the people of a team. Spec section 6, "member"."""

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.asking import typed
from codeb.cli.we.common import changing, day, looking, rows, warnings
from codeb.cli.we.session import Record, Session, yes_option
from codeb.cli.we.team import team_option
from codeb.domain.access import Role


@click.group()
def member() -> None:
    """The people of your team."""


@member.command(epilog=EXIT_CODES)
@click.argument("email")
@click.option("--name", help="What they are called.")
@click.option("--role", type=click.Choice([str(role) for role in Role]), default="member", show_default=True)
@team_option
@changing
def invite(session: Session, *, email: str, name: str | None, role: str, team_id: str | None, how: Record) -> None:
    """Add somebody to the team, or change their role, which is not above your own.

    `we token create --member EMAIL` then makes their key.
    """
    given = {"email": email, "name": name, "role": role, "teamId": team_id}
    session.run("member_invite", {**given, **how}, _invited)


@member.command("list", epilog=EXIT_CODES)
@team_option
@looking
def list_(session: Session, team_id: str | None) -> None:
    """The members of the team."""
    session.run("member_list", {"teamId": team_id}, _list)


@member.command(epilog=EXIT_CODES)
@click.argument("email")
@team_option
@yes_option
@changing
def remove(session: Session, *, email: str, team_id: str | None, yes: bool, how: Record) -> None:
    """Take somebody out of the team and revoke the keys that were made for them."""
    with session.told():
        if not how["dryRun"]:
            typed(session, email, f"This takes {email} out of the team and revokes their keys.", yes=yes)
    session.run("member_remove", {"email": email, "teamId": team_id, **how}, _removed)


def _invited(record: Record, console: Console) -> None:
    member = record["member"]
    console.print(f"{member['email']} is {member['role']} of {record['teamId']}")
    for key in record["loweredKeys"]:
        console.print(f"their key {key} may no more than that now")
    if record["changed"]:
        make = f"we token create NAME --role {member['role']} --member {member['email']}"
        console.print(f"Next: `{make}` makes their key.")
    warnings(record)


def _list(record: Record, console: Console) -> None:
    if not record["members"]:
        console.print("no members yet; `we member invite EMAIL` adds one")
        return
    lines = [
        (each["email"], each["name"], each["role"], day(each["joinedAt"]), each["invitedBy"])
        for each in record["members"]
    ]
    rows(console, ("EMAIL", "NAME", "ROLE", "SINCE (UTC)", "INVITED BY"), lines)


def _removed(record: Record, console: Console) -> None:
    console.print(record["message"])
    for key in record["revoked"]:
        console.print(f"revoked: {key}")
    warnings(record)
