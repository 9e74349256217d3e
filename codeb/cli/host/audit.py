"""codeb audit list, export, prune."""

from collections.abc import Callable
from typing import Any

import click

from codeb.cli.exits import EXIT_CODES, told
from codeb.cli.host import session
from codeb.cli.host.session import command, dry_run_option, json_option, show
from codeb.domain.access import AuthContext, Role
from codeb.services.audit import MOST, RETENTION_DAYS
from codeb.tools.audit import ListParams, audit_line, query_of
from codeb.tools.params import parse
from codeb.tools.plan import planned
from codeb.tools.results import Record

_HOST = AuthContext("host", "", Role.OWNER, platform=True)
_OPTIONS = (
    click.option("--project", "projectName", help="Rows of one project."),
    click.option("--team", "teamId", help="Rows of one team."),
    click.option("--tool", help="Rows of one tool, by its own name."),
    click.option("--key", "keyId", help="Rows of one key's id."),
    click.option("--succeeded/--failed", "success", default=None, help="Default: both."),
    click.option("--since", help="From this moment on, such as 2026-11-24T12:00:00Z."),
    click.option("--until", help="Before this moment."),
)


def _filters(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.group()
def audit() -> None:
    """What was asked of the platform, by whom, and how it ended."""


@audit.command("list", epilog=EXIT_CODES)
@_filters
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
@click.option("--after", help="The cursor that the page before ended with.")
@json_option
def list_all(*, as_json: bool, **given: Any) -> None:
    """Calls of tools, newest first."""
    command("audit_list", given, as_json=as_json, people=_list)


@audit.command(epilog=EXIT_CODES)
@_filters
def export(**given: Any) -> None:
    """Every row that matches, newest first, a line of JSON each on stdout."""
    with told(as_json=False):
        params, _ = parse(ListParams, {key: value for key, value in given.items() if value is not None})
        with session.opened() as (services, _):
            for entry in services.audit.export(query_of(_HOST, params)):
                click.echo(audit_line(entry), nl=False)


@audit.command(epilog=EXIT_CODES)
@click.option("--older-than", metavar="DAYS", type=int, default=RETENTION_DAYS, show_default=True)
@dry_run_option
@json_option
def prune(older_than: int, *, dry_run: bool, as_json: bool) -> None:
    """Delete rows that are older than so many days, 30 at least. The only way to delete any.

    As the role that owns the table: with sudo. codeb-audit-prune.timer does it once a day.
    """
    with told(as_json=as_json), session.opened_as_owner() as owner:
        rows = owner.audit.prune(older_than, dry_run=dry_run)
        record: Record = {"rows": rows, "olderThanDays": older_than}
        if dry_run:
            record = planned(f"delete {rows} rows" if rows else "nothing: no row is that old", **record)
        else:
            record["changed"] = rows > 0
        show(record, as_json, lambda done: click.echo(f"{done['rows']} rows deleted"))


def _list(record: Record) -> None:
    for row in record["entries"]:
        ended = "ok" if row["success"] else row["code"]
        where = row["resourceId"] or "-"
        click.echo(f"{row['timestamp']}  {row['userId'] or '-'}  {row['action']}  {where}  {ended}")
        if row["error"]:
            click.echo(f"    {row['error']}")
    if record["nextCursor"]:
        click.echo(f"more: --after {record['nextCursor']}", err=True)
