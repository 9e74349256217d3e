"""we audit: what was asked of the platform, by whom, and how it ended. Spec section 6; lesson 4."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.common import looking, rows
from codeb.cli.we.output import duration
from codeb.cli.we.private_file import write_private
from codeb.cli.we.session import Record, Session

_PAGE = 500
_MOST = 100_000
_SPAN = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """``24h``, ``7d``, ``30m`` before now, a day, or a moment; without a zone it is UTC."""
    if value is None:
        return None
    if match := _SPAN.fullmatch(value):
        return (datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})).isoformat()
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        reason = f"{value!r} is neither 24h, 7d nor a moment such as 2026-11-24T12:00Z"
        raise click.BadParameter(reason, ctx, param) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


@click.command(short_help="What was asked of the platform, and how it ended.", epilog=EXIT_CODES)
@click.argument("project", required=False)
@click.option("--since", callback=_moment, help="24h, 7d, or a moment such as 2026-11-24T12:00Z.")
@click.option("--until", callback=_moment, help="Before this moment.")
@click.option("--tool", help="Calls of one tool.")
@click.option("--key", "key_id", metavar="ID", help="Calls with one key.")
@click.option("--team", "team_id", metavar="ID", help="Of another team, with a platform key.")
@click.option("--succeeded/--failed", "success", default=None, help="Default: both.")
@click.option("--limit", type=click.IntRange(1, _MOST), help=f"Default: 50; with --export {_MOST}.")
@click.option("--export", "path", metavar="FILE", help="A line of JSON for each call, into a file or - for stdout.")
@looking
def audit(
    session: Session,
    *,
    project: str | None,
    key_id: str | None,
    team_id: str | None,
    limit: int | None,
    path: str | None,
    **filters: str | bool | None,
) -> None:
    """Calls of tools, newest first: of PROJECT, or of your whole team. Refused ones and crashes too."""
    given = {"projectName": project, "keyId": key_id, "teamId": team_id, **filters}
    pages = _Pages(session, given, limit or (_MOST if path else 50))
    with session.told():
        entries = list(pages)
        if path and path != "-":
            write_private(Path(path), _lines(entries))
    if path == "-":
        click.echo(_lines(entries), nl=False)
        return
    if path:
        told: Record = {"file": path, "count": len(entries), "nextCursor": pages.following}
        session.show(told, lambda record, console: console.print(f"{record['file']} holds {record['count']} calls"))
    else:
        session.show({"entries": entries, "count": len(entries), "nextCursor": pages.following}, _list)
    if pages.following:
        click.echo(f"there are more than these {len(entries)}: --limit shows more, --since or --until others", err=True)


class _Pages:
    """Page after page, until there are no more or ``left`` is used up. ``following`` is where the rest begins."""

    def __init__(self, session: Session, given: Record, left: int) -> None:
        self.session, self.given, self.left = session, given, left
        self.following: str | None = None

    def __iter__(self) -> Iterator[Record]:
        while self.left > 0:
            wanted = {"limit": min(self.left, _PAGE), "after": self.following}
            page = self.session.client.call("audit_list", {**self.given, **wanted})
            self.following, self.left = page["nextCursor"], self.left - page["count"]
            yield from page["entries"]
            if self.following is None:
                return


def _lines(entries: list[Record]) -> str:
    return "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in entries)


def _list(record: Record, console: Console) -> None:
    if not record["entries"]:
        console.print("nothing was asked that matches")
        return
    lines = [
        (
            each["timestamp"][:19].replace("T", " "),
            each["action"],
            each["resourceId"],
            each["userId"],
            each["source"],
            "ok" if each["success"] else each["code"],
            duration(each["duration"]),
        )
        for each in record["entries"]
    ]
    rows(console, ("WHEN (UTC)", "TOOL", "PROJECT", "KEY", "FROM", "ENDED", "TOOK"), lines, right="TOOK")
