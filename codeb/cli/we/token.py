"""we token: API keys that may no more than the one that makes them. Spec section 6, "token"."""

import re
from typing import Any

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.common import changing, day, looking, message, rows
from codeb.cli.we.session import Record, Session, yes_option
from codeb.cli.we.team import team_option
from codeb.domain.access import KeyKind, Role

_RATE = re.compile(r"(\d{1,9})/(\d{1,6})")


def _rate(ctx: click.Context, param: click.Parameter, value: str | None) -> dict[str, int] | None:
    if value is None:
        return None
    if (match := _RATE.fullmatch(value)) is None:
        raise click.BadParameter(f"{value!r} is not requests per seconds, such as 1000/60", ctx, param)
    return {"requests": int(match[1]), "window": int(match[2])}


@click.group()
def token() -> None:
    """API keys: for yourself, for CI, for an assistant."""


@token.command(epilog=EXIT_CODES)
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]), help="Not above your own.")
@click.option("--kind", type=click.Choice([str(kind) for kind in KeyKind]), help="Who holds it; as yours without.")
@click.option("--scope", "scopes", multiple=True, help="A permission, such as deploy.create; repeatable.")
@click.option("-p", "--project", "projects", multiple=True, help="Limits it to this project; repeatable.")
@click.option(
    "--days", "expires_in_days", type=click.IntRange(1, 3650), help="It never ends without, or as yours does."
)
@click.option("--rate", "rate_limit", metavar="N/SECONDS", callback=_rate, help="Requests per seconds; for admins.")
@click.option("--member", metavar="EMAIL", help="The member whose key it is; for admins.")
@team_option
@changing
def create(  # noqa: PLR0917
    session: Session,
    name: str,
    role: str,
    kind: str | None,
    scopes: tuple[str, ...],
    projects: tuple[str, ...],
    expires_in_days: int | None,
    rate_limit: dict[str, int] | None,
    member: str | None,
    team_id: str | None,
    how: Record,
) -> None:
    """Make an API key and print it. It is shown this once: only its hash is kept. NAME says what it is for."""
    given: dict[str, Any] = {"name": name, "role": role, "kind": kind, "member": member, "teamId": team_id}
    limits = {"scopes": list(scopes) or None, "projects": list(projects) or None}
    rest = {"expiresInDays": expires_in_days, "rateLimit": rate_limit}
    session.run("token_create", {**given, **limits, **rest, **how}, _created)


@token.command("list", epilog=EXIT_CODES)
@team_option
@looking
def list_(session: Session, team_id: str | None) -> None:
    """Your own keys; an admin sees the team's. Never the keys themselves."""
    session.run("token_list", {"teamId": team_id}, _list)


@token.command(epilog=EXIT_CODES)
@click.argument("token_id", metavar="ID")
@yes_option
@changing
def revoke(session: Session, token_id: str, yes: bool, how: Record) -> None:
    """Revoke the key ID, as `we token list` names it. It opens nothing from that moment on."""
    with session.told():
        if not how["dryRun"]:
            plan = session.client.call("token_revoke", {"tokenId": token_id, "dryRun": True})["plan"]
            session.confirm(f"This would {'; '.join(plan)}. Go on?", yes=yes)
    session.run("token_revoke", {"tokenId": token_id, **how}, message)


def _created(record: Record, console: Console) -> None:
    console.print(record["key"])
    click.echo(f"{record['tokenId']}: {record['message']}", err=True)


def _list(record: Record, console: Console) -> None:
    if not record["tokens"]:
        console.print("no key of yours; `we token create` makes one")
        return
    columns = ("ID", "NAME", "ROLE", "KIND", "LIMITED TO", "LAST USED (UTC)", "UNTIL (UTC)")
    rows(console, columns, map(_line, record["tokens"]))


def _line(each: Record) -> tuple[str, ...]:
    scopes = [] if "*" in each["scopes"] else each["scopes"]
    limits = ", ".join([*(each["projects"] or []), *scopes])
    ends = (day(each.get(key)) for key in ("lastUsed", "expiresAt"))
    return (each["id"], each["name"], each["role"], each["kind"], limits, *ends)
