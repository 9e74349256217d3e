"""codeb keys create, list, revoke."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.cli.exits import EXIT_CODES, told
from codeb.cli.host.identity import become_codeb, caller, host_environ
from codeb.cli.host.session import json_option
from codeb.domain.access import EVERY_SCOPE, KeyKind, Role
from codeb.domain.keys import KeyRecord, RateLimit
from codeb.domain.names import project_name
from codeb.errors import InvalidInput

_RATE = re.compile(r"(\d{1,9})/(\d{1,6})")
_SCOPE = re.compile(r"\*|[a-z]{1,30}(\.[a-z]{1,30}){0,3}")


def _rate(ctx: click.Context, param: click.Parameter, value: str | None) -> RateLimit | None:
    if value is None:
        return None
    match = _RATE.fullmatch(value)
    if match is None or not int(match[1]) or not int(match[2]):
        raise click.BadParameter(f"{value!r} is not requests per seconds, such as 1000/60", ctx, param)
    return RateLimit(requests=int(match[1]), window=int(match[2]))


def _scopes(ctx: click.Context, param: click.Parameter, value: str | None) -> frozenset[str]:
    names = _listed(ctx, param, value)
    if odd := sorted(name for name in names or () if not _SCOPE.fullmatch(name)):
        raise click.BadParameter(f"{odd[0]!r} is no permission, such as deploy.create", ctx, param)
    return names or frozenset({EVERY_SCOPE})


def _projects(ctx: click.Context, param: click.Parameter, value: str | None) -> frozenset[str] | None:
    names = _listed(ctx, param, value)
    try:
        return names and frozenset(map(project_name, names))
    except InvalidInput as error:
        raise click.BadParameter(str(error), ctx, param) from None


def _listed(ctx: click.Context, param: click.Parameter, value: str | None) -> frozenset[str] | None:
    """None where the option was not given. One that names nothing is a mistake, not a key for everything."""
    if value is None:
        return None
    names = frozenset(name.strip() for name in value.split(",") if name.strip())
    if not names:
        raise click.BadParameter("names nothing", ctx, param)
    return names


@click.group()
def keys() -> None:
    """API keys. The file of keys on this host is their authority."""


@keys.command(epilog=EXIT_CODES)
@click.option("--team", required=True, help="Letters, digits and hyphens; made if it is missing.")
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]))
@click.option("--name", default="", help="What the key is for.")
@click.option("--kind", type=click.Choice([str(kind) for kind in KeyKind]), default="person", show_default=True)
@click.option("--scopes", metavar="A,B", callback=_scopes, help="Permissions the key is limited to, with commas.")
@click.option("--projects", metavar="A,B", callback=_projects, help="Projects the key is limited to, with commas.")
@click.option("--expires-in-days", type=click.IntRange(1, 3650), help="It never expires without.")
@click.option("--platform", is_flag=True, help="The key crosses teams.")
@click.option("--rate", metavar="N/SECONDS", callback=_rate, help="Requests per seconds instead of the usual limit.")
@json_option
def create(
    *,
    team: str,
    role: str,
    name: str,
    kind: str,
    scopes: frozenset[str],
    projects: frozenset[str] | None,
    expires_in_days: int | None,
    platform: bool,
    rate: RateLimit | None,
    as_json: bool,
) -> None:
    """Make an API key and print it. It is shown this once: only its hash is kept."""
    with told(as_json=as_json):
        login, maker = _opened()
        made = maker.create(
            team,
            Role(role),
            name=name or f"{role} of {team}",
            by=login,
            platform=platform,
            rate_limit=rate,
            kind=KeyKind(kind),
            scopes=scopes,
            projects=projects,
            expires_at=datetime.now(UTC) + timedelta(days=expires_in_days) if expires_in_days else None,
        )
    if as_json:
        told_once = {"success": True, "key": made.text, "keyId": made.record["id"], **made.record}
        click.echo(json.dumps(told_once))
        return
    click.echo(made.text)
    click.echo(f"This is {made.record['id']}, {role} of {team}. Keep it now: it cannot be shown again.", err=True)


@keys.command("list", epilog=EXIT_CODES)
@click.option("--team", help="Those of one team only.")
@json_option
def list_(team: str | None, as_json: bool) -> None:
    """The keys there are: never the keys themselves, nor their hashes."""
    with told(as_json=as_json):
        found = _opened()[1].all(team)
    if as_json:
        click.echo(json.dumps({"success": True, "tokens": [key.shown() for key in found], "total": len(found)}))
        return
    for key in found:
        click.echo(_line(key))


@keys.command(epilog=EXIT_CODES)
@click.argument("key_id", metavar="ID")
@json_option
def revoke(key_id: str, as_json: bool) -> None:
    """Revoke the key ID, as `codeb keys list` names it. It opens nothing from that moment on."""
    with told(as_json=as_json):
        key, ownerless = _opened()[1].revoke(key_id)
    if as_json:
        click.echo(json.dumps({"success": True, "tokenId": key.id, "token": key.shown(), "lastOwner": ownerless}))
        return
    click.echo(f"{key.id}, {key.role} of {key.team_id}, is revoked")
    if ownerless:
        again = f"codeb keys create --team {key.team_id} --role owner"
        click.echo(f"{key.team_id} has no owner's key any more: `{again}` makes another", err=True)


def _opened() -> tuple[str, KeyMaker]:
    """The caller's login, and the registry as user codeb."""
    login = caller(os.environ)
    become_codeb()
    root = Path(host_environ(os.environ).get("CODEB_ROOT", "/opt/codeb"))
    return login, KeyMaker(root / "registry", SystemClock())


def _line(key: KeyRecord) -> str:
    limits = [
        *([f"last used {key.last_used:%Y-%m-%d %H:%M} UTC"] if key.last_used else []),
        *(["platform"] if key.platform else []),
        *([f"projects {','.join(sorted(key.projects))}"] if key.projects is not None else []),
        *([f"scopes {','.join(sorted(key.scopes))}"] if EVERY_SCOPE not in key.scopes else []),
        *([f"until {key.expires_at:%Y-%m-%d %H:%M} UTC"] if key.expires_at else []),
    ]
    return "  ".join([key.id, key.team_id, key.role, key.kind, _printable(key.name), *limits])


def _printable(text: str) -> str:
    """A name in the file may be anybody's, and a terminal obeys what it is shown."""
    return "".join(each if each.isprintable() else "?" for each in text)
