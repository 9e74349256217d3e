"""codeb backups rewind: the databases as they were at a time, beside those that are used. Decision 0025."""

import io
import json
import shlex

import click

from codeb import infra_file
from codeb.adapters.ssh_pipe import SshPipe
from codeb.cli.exits import EXIT_CODES, told
from codeb.domain.infra import Role
from codeb.domain.moment import moment
from codeb.errors import InvalidInput

REWIND = "/usr/bin/python3 -B /usr/local/lib/codeb/backup/rewind.py"


@click.command(epilog=EXIT_CODES)
@click.option("--to", "to", default="", metavar="TIME", help="As 2026-11-30T14:00:00+00:00, with its zone.")
@click.option("--database", default="", help="Dump this one as it was, for pg_restore.")
@click.option("--yes", is_flag=True, help="Put it in the place of today's, which is dropped.")
@click.option("--close", is_flag=True, help="Stop and remove what an earlier call made.")
@click.option("--json", "as_json", is_flag=True, help="One JSON record on stdout, for programs.")
def rewind(to: str, database: str, yes: bool, close: bool, as_json: bool) -> None:
    """Start the storage host's databases as they were at TIME, beside today's, which go on unchanged.

    Nobody but root and user postgres of that host reaches them. Without --to those of an earlier call are meant.
    """
    with told(as_json=as_json):
        commands = wanted(to, database, yes=yes, close=close)
        infra = infra_file.load()
        name = infra.host_with(Role.STORAGE)
        pipe = SshPipe(name, infra.hosts[name], infra_file.ssh_of(infra, name))
        said = [pipe.push(f"{REWIND} {command}", io.BytesIO()).strip() for command in commands]
    text = "\n".join(filter(None, said))
    click.echo(json.dumps({"success": True, "changed": yes, "said": text}) if as_json else text)


def wanted(to: str, database: str, *, yes: bool, close: bool) -> list[str]:
    """What the host's program is told, in order. Raises InvalidInput."""
    if close and (to or database):
        raise InvalidInput("close", "it goes without --to and --database")
    if not (close or to or database):
        raise InvalidInput("to", "say --to TIME, or --close")
    if yes and not database:
        raise InvalidInput("yes", "only one database at a time takes the place of today's: say --database NAME")
    commands = ["close"] if close else []
    if to:
        commands.append(f"to {moment(to).timestamp():.6f}")
    if database:
        commands.append(f"{'replace' if yes else 'dump'} {shlex.quote(database)}")
    return commands
