"""we login, logout, whoami: which API, and with which key."""

import sys
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.session import Record, Session, json_option, pass_session
from codeb.client.config import path_in
from codeb.domain.access import KeyText
from codeb.errors import ConfigError
from codeb.setting_values import Secret


@click.command(short_help="Keep an address and a key.", epilog=EXIT_CODES)
@click.option("--url", help="The API's address, with or without /api.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="Certificates to trust instead of the usual.")
@click.option("--allow-http", is_flag=True, help="Send the key unencrypted, also beyond a private network.")
@json_option
@pass_session
def login(session: Session, url: str | None, ca: str | None, allow_http: bool) -> None:
    """Keep an address and a key in ~/.codeb/config.json, which only you can read.

    The key is asked for, or read from standard input: `we login --url URL < key`. It is tried before it is kept.
    """
    with session.told():
        before = session.config
        address = url or before.api_url or _ask_address(session)
        wanted = replace(
            before,
            api_url=address,
            api_key=Secret(_key(session)),
            ca=str(Path(ca).resolve()) if ca else before.ca,
            allow_http=allow_http or before.allow_http,
        )
        team = wanted.client("cli").call("team_get")["team"]
        path = wanted.save(session.home)
        session.show({"apiUrl": wanted.api_url, "team": team["id"], "path": str(path)}, _logged_in)


@click.command(short_help="Forget the address and the key.", epilog=EXIT_CODES)
@json_option
@pass_session
def logout(session: Session) -> None:
    """Forget the key and the address of ~/.codeb/config.json. The key itself stays valid: `we token revoke` ends it."""
    with session.told():
        path = path_in(session.home)
        there = path.exists()
        path.unlink(missing_ok=True)
        session.show({"changed": there, "path": str(path)}, _logged_out)


@click.command(epilog=EXIT_CODES)
@json_option
@pass_session
def whoami(session: Session) -> None:
    """Which API is asked, with which key, and what it may."""
    with session.told():
        config = session.config
        known = session.client.get("/api")["key"]
        team = session.client.call("team_get")["team"]
        record: Record = {
            "apiUrl": config.api_url,
            "apiUrlFrom": _origin(session, "CODEB_API_URL"),
            "key": _shown(config.api_key),
            "keyFrom": _origin(session, "CODEB_API_KEY"),
            "keyId": known["id"],
            "role": known["role"],
            "kind": known["kind"],
            "keyProjects": known["projects"],
            "team": team["id"],
            "teamName": team["name"],
            "projects": team["projects"],
        }
        session.show(record, _identity)


def _key(session: Session) -> str:
    """From the keyboard, unseen, or from standard input: a command line is read by others. Raises ConfigError."""
    text = click.prompt("API key", hide_input=True, err=True) if session.asks else sys.stdin.read()
    if not text.strip():
        raise ConfigError("no key came on standard input: `we login --url URL < FILE`")
    return str(text).strip()


def _ask_address(session: Session) -> str:
    if not session.asks:
        raise click.UsageError("say --url, or set CODEB_API_URL")
    return str(click.prompt("API address (https://...)", err=True)).strip()


def _shown(key: Secret) -> str:
    """As far as it is no secret: the team and the role that it names."""
    claims = KeyText.parse(key.reveal())
    return f"codeb_{claims.team}_{claims.role}_..." if claims else "(not of the usual form)"


def _origin(session: Session, name: str) -> str:
    return name if session.environ.get(name) else str(path_in(session.home))


def _logged_in(record: Record, console: Console) -> None:
    console.print(f"{record['apiUrl']} knows this key as one of team {record['team']}; kept in {record['path']}")


def _logged_out(record: Record, console: Console) -> None:
    console.print(f"{record['path']} is gone" if record["changed"] else f"nothing to do: there is no {record['path']}")


def _identity(record: Record, console: Console) -> None:
    console.print(f"API   {record['apiUrl']} (from {record['apiUrlFrom']})")
    console.print(f"key   {record['key']} (from {record['keyFrom']})")
    only = record["keyProjects"]
    reach = "every project of the team" if only is None else ", ".join(only) or "no project"
    console.print(f"may   what a {record['role']} may, for {reach}; its kind is {record['kind']}")
    console.print(f"team  {record['team']} ({record['teamName']}), {len(record['projects'])} projects")
