"""we team: who has what on the platform. Spec section 6, "team"."""

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.asking import typed
from codeb.cli.we.common import changing, day, facts, looking, message, rows
from codeb.cli.we.session import Record, Session, yes_option
from codeb.cli.we.settings import changed, reset_option, set_option, settings_of, webhook_of, webhook_option

team_option = click.option("--team", "team_id", metavar="ID", help="Another team than your own, with a platform key.")
_team_argument = click.argument("team_id", metavar="[TEAM]", required=False)


@click.group()
def team() -> None:
    """Teams: their members, settings, quotas and projects."""


@team.command("list", epilog=EXIT_CODES)
@looking
def list_(session: Session) -> None:
    """Your team; every team, with a platform key."""
    session.run("team_list", {}, _list)


@team.command(epilog=EXIT_CODES)
@_team_argument
@looking
def get(session: Session, team_id: str | None) -> None:
    """One team: its projects, settings, members, and how much of its quotas is used."""
    session.run("team_get", {"teamId": team_id}, _whole)


@team.command(epilog=EXIT_CODES)
@click.argument("name")
@click.option("--slug", help="The team's id, which its keys carry; made of the name without.")
@changing
def create(session: Session, name: str, slug: str | None, how: Record) -> None:
    """Make a further team. The key of its owner is printed, this once."""
    session.run("team_create", {"name": name, "slug": slug, **how}, _created)


@team.command(epilog=EXIT_CODES)
@_team_argument
@set_option
@reset_option
@click.option("--quota", "quotas", multiple=True, metavar="NAME=NUMBER", help="With a platform key; null: no limit.")
@webhook_option
@changing
def settings(
    session: Session,
    *,
    team_id: str | None,
    assignments: tuple[str, ...],
    resets: tuple[str, ...],
    quotas: tuple[str, ...],
    webhook: str | None,
    how: Record,
) -> None:
    """Change a team's settings and quotas; `we team get` shows them.

    Settings: defaultEnvironment, autoPromote, gracePeriodHours (1-720), allowedDomains (a list in JSON), and with
    --webhook the notificationWebhook. Quotas: projects, previews, memoryMb, cpus, imagesMb, concurrentDeploys, streams.
    """
    wanted = settings_of(assignments, resets) | webhook_of(webhook, "notificationWebhook")
    limits = settings_of(quotas)
    if not wanted and not limits:
        raise click.UsageError(
            "say what to change: --set NAME=VALUE, --reset NAME, --quota NAME=NUMBER or --webhook FILE"
        )
    given = {"teamId": team_id, "settings": wanted, "quotas": limits}
    session.run("team_settings", {**given, **how}, changed)


@team.command(epilog=EXIT_CODES)
@click.argument("team_id", metavar="TEAM")
@yes_option
@changing
def delete(session: Session, team_id: str, yes: bool, how: Record) -> None:
    """Delete a team that has no project left, and revoke its keys. There is no way back."""
    with session.told():
        name = session.client.call("team_get", {"teamId": team_id})["team"]["name"]
        if not how["dryRun"]:
            typed(session, name, f"This deletes the team {name} and revokes all its keys.", yes=yes)
    session.run("team_delete", {"teamId": team_id, "confirm": name, **how}, message)


def _list(record: Record, console: Console) -> None:
    lines = [
        (each["id"], each["name"], len(each["projects"]), len(each["members"]), day(each.get("createdAt")))
        for each in record["teams"]
    ]
    rows(console, ("ID", "NAME", "PROJECTS", "MEMBERS", "SINCE (UTC)"), lines, right="PROJECTS MEMBERS")


def _whole(record: Record, console: Console) -> None:
    found, used = record["team"], record.get("usage", {})
    console.print(f"{found['name']} ({found['id']})")
    facts(console, {"projects": found["projects"], "owner": found["owner"], **found["settings"]})
    quotas = [(name, used.get(name), "no limit" if limit is None else limit) for name, limit in found["quotas"].items()]
    rows(console, ("QUOTA", "USED", "LIMIT"), quotas, right="USED LIMIT")
    if found["members"]:
        members = [[each[key] for key in ("email", "name", "role")] for each in found["members"]]
        rows(console, ("MEMBER", "NAME", "ROLE"), members)


def _created(record: Record, console: Console) -> None:
    console.print(record["key"])
    click.echo(f"{record['teamId']}: {record['message']}", err=True)
