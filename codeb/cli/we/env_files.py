"""we env pull, push, scan: the .env file here and the variables there. Spec section 6."""

from pathlib import Path

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.asking import text_of
from codeb.cli.we.common import changing, looking, rows
from codeb.cli.we.env_versions import marked
from codeb.cli.we.place import project_argument
from codeb.cli.we.private_file import write_private
from codeb.cli.we.session import Record, Session, dry_run_option, environment_option, yes_option
from codeb.domain.variables import dotenv_text
from codeb.errors import Refused

replace_option = click.option("--replace", is_flag=True, help="Take away whatever the file does not name.")
_MEANINGS = {"changed": "differs", "added": "only in the file", "removed": "only on the server"}


class OnlyNames(Refused):
    code = "only_names"

    def __init__(self) -> None:
        super().__init__("this key sees the names of variables only; a member's key pulls their values")


@click.command(epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("--file", "file", default=".env", show_default=True, metavar="FILE", help="- is standard input.")
@replace_option
@yes_option
@changing
def push(
    session: Session, *, project: str, environment: str | None, file: str, replace: bool, yes: bool, how: Record
) -> None:
    """Store the variables of the .env file here for PROJECT; the next deploy runs with them."""
    given = {"projectName": project, "environment": environment, "content": text_of(file), "merge": not replace}
    store(session, given, how, yes=yes)


@click.command(epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("--file", "path", default=".env", show_default=True, metavar="FILE", type=click.Path(path_type=Path))
@yes_option
@dry_run_option
@looking
def pull(session: Session, *, project: str, environment: str | None, path: Path, yes: bool, dry_run: bool) -> None:
    """Write the variables of PROJECT into a .env file that only you can read (0600); asks before it overwrites one."""
    with session.told():
        record = session.client.call("env_get", {"projectName": project, "environment": environment})
        if record["masked"]:
            raise OnlyNames
        text = dotenv_text(record["variables"])
        new = not path.is_file() or path.read_bytes() != text.encode()
        if new and not dry_run:
            if path.exists():
                session.confirm(f"Overwrite {path}?", yes=yes)
            write_private(path, text)
    names = list(record.pop("variables"))
    what = f"{len(names)} variables, version {record['version']}"
    told = {**record, "names": names, "file": str(path), "changed": new and not dry_run}
    plan = f"write {what}, into {path}" if new else f"nothing: {path} holds them already"
    planned = {"dryRun": True, "plan": [plan]} if dry_run else {}
    said = f"{path} holds {what}{'' if new else ' already'}"
    session.show({**told, **planned}, lambda _, console: console.print(said))


@click.command(epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("--file", "file", metavar="FILE", help="Default: .env, where there is one; - is standard input.")
@looking
def scan(session: Session, project: str, environment: str | None, file: str | None) -> None:
    """Compare the .env file here with what is stored for PROJECT: names, never values."""
    chosen = file or (".env" if Path(".env").is_file() else None)
    text = text_of(chosen) if chosen else None
    given = {"projectName": project, "environment": environment, "localEnvContent": text}

    def people(record: Record, console: Console) -> None:
        if not record["compared"]:
            console.print("\n".join(record["names"]) or "no variables are stored")
            click.echo("there is no .env file here to compare these with; --file names one", err=True)
            return
        different = [each for each in record["differences"] if each["status"] != "same"]
        if different:
            columns = ("VARIABLE", f"{chosen} AGAINST VERSION {record['version']}")
            rows(console, columns, [(each["key"], _MEANINGS[each["status"]]) for each in different])
        console.print(f"{len(different)} differ, {record['summary']['same']} are the same")

    session.run("env_scan", given, people)


COMMANDS = (push, pull, scan)


def store(session: Session, given: Record, how: Record, *, yes: bool) -> None:
    """What takes variables away without naming them is planned first, and asked about."""
    with session.told():
        if not given.get("merge", True) and not how["dryRun"]:
            plan = session.client.call("env_sync", {**given, "dryRun": True})
            if removed := plan["names"]["removed"]:
                session.confirm(f"This takes away {', '.join(removed)}. Go on?", yes=yes)
    session.run("env_sync", {**given, **how}, stored)


def stored(record: Record, console: Console) -> None:
    console.print(record["message"])
    if any(record["names"].values()):
        console.print(f"  {marked(record['names'])}")
    if record["duplicates"]:
        click.echo(f"named more than once, the last one counts: {', '.join(record['duplicates'])}", err=True)
