"""codeb keys create."""

import json
import os
import re
from pathlib import Path

import click

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.keys import RateLimit
from codeb.cli.host.exits import EXIT_CODES, told
from codeb.cli.host.identity import become_codeb, caller, host_environ
from codeb.cli.host.session import json_option
from codeb.domain.access import Role

_RATE = re.compile(r"(\d{1,9})/(\d{1,6})")


def _rate(ctx: click.Context, param: click.Parameter, value: str | None) -> RateLimit | None:
    if value is None:
        return None
    match = _RATE.fullmatch(value)
    if match is None or not int(match[1]) or not int(match[2]):
        raise click.BadParameter(f"{value!r} is not requests per seconds, such as 1000/60", ctx, param)
    return RateLimit(requests=int(match[1]), window=int(match[2]))


@click.group()
def keys() -> None:
    """API keys. The file of keys on this host is their authority."""


@keys.command(epilog=EXIT_CODES)
@click.option("--team", required=True, help="Letters, digits and hyphens; made if it is missing.")
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]))
@click.option("--name", default="", help="What the key is for.")
@click.option("--platform", is_flag=True, help="The key crosses teams.")
@click.option("--rate", metavar="N/SECONDS", callback=_rate, help="Requests per seconds instead of the usual limit.")
@json_option
def create(*, team: str, role: str, name: str, platform: bool, rate: RateLimit | None, as_json: bool) -> None:
    """Make an API key and print it. It is shown this once: only its hash is kept."""
    with told(as_json=as_json):
        login = caller(os.environ)
        become_codeb()
        root = Path(host_environ(os.environ).get("CODEB_ROOT", "/opt/codeb"))
        made = KeyMaker(root / "registry", SystemClock()).create(
            team, Role(role), name=name or f"{role} of {team}", by=login, platform=platform, rate_limit=rate
        )
    if as_json:
        told_once = {"success": True, "key": made.text, "keyId": made.record["id"], **made.record}
        click.echo(json.dumps(told_once))
        return
    click.echo(made.text)
    click.echo(f"This is {made.record['id']}, {role} of {team}. Keep it now: it cannot be shown again.", err=True)
