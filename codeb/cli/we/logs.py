"""we logs: what a project's containers write, and what is done to it."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

import click
from rich.console import Console
from rich.text import Text

from codeb.cli.exits import EXIT_CODES, INTERRUPTED
from codeb.cli.plain import plain
from codeb.cli.we.place import project_argument
from codeb.cli.we.session import Record, Session, environment_option, pass_session
from codeb.client import Event

_LEVELS = {"error": "bold red", "warn": "yellow", "debug": "dim"}
_MOST_LINES = 1000


@click.command(short_help="What the containers of a project write.", epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("-f", "--follow", is_flag=True, help="Go on as lines come, until Ctrl-C.")
@click.option("-s", "--slot", type=click.Choice(["blue", "green"]), help="Default: both.")
@click.option("--level", type=click.Choice(["debug", "info", "warn", "error"]), help="Lines of exactly this level.")
@click.option("-n", "--tail", type=click.IntRange(0, _MOST_LINES), default=100, show_default=True, help="Of each slot.")
@click.option("--json", "as_json", is_flag=True, help="One JSON record a line, for programs.")
@pass_session
def logs(
    session: Session,
    *,
    project: str,
    environment: str | None,
    follow: bool,
    slot: str | None,
    level: str | None,
    tail: int,
) -> None:
    """The last lines of PROJECT's containers; with -f also what comes, deploys and their steps among it.

    The API keeps no log: there is as much history as the containers that still exist have written.
    """
    with session.told():
        read = session.client.stream if follow else session.client.last_events
        events = read(project=project, environment=environment, slot=slot, level=level, tail=tail)
        with suppress(KeyboardInterrupt):
            show(session, events if follow else _by_time(events))
            return
    raise click.exceptions.Exit(INTERRUPTED)


def show(session: Session, events: Iterable[Event]) -> None:
    """Each as a line, at once."""
    for event in events:
        if event.event == "connected" or not isinstance(event.data, dict):
            continue
        if session.as_json:
            session.emit({"event": event.event, **event.data})
        else:
            _print(event.event, plain(event.data), session.console)


def _by_time(events: Iterable[Event]) -> list[Event]:
    """Both slots' lines as they were written; what the platform itself tells has no history."""
    lines = [each for each in events if each.event == "log" and each.data.get("slot")]
    return sorted(lines, key=lambda each: str(each.data.get("timestamp", "")))


def _print(kind: str, data: Record, console: Console) -> None:
    if kind == "log":
        console.print(_line(data))
    elif kind == "deployment":
        step = data["step"]
        said = f"{step['name'].replace('_', ' ')}: {step['status']}"
        console.print(Text(f"{_clock(data)} deploy {said}", "cyan"))
    elif kind == "missed":
        count = data.get("count")
        console.print(Text(f"({count or 'some'} older lines are gone)", "dim"))
    elif kind == "closing":
        console.print(Text(f"(the API ends this: {data.get('reason')}; it is taken up again)", "dim"))


def _line(data: Record) -> Text:
    level, where = data.get("level", "info"), data.get("slot") or "codeb"
    style = {"blue": "blue", "green": "green"}.get(where, "dim")
    message = (data.get("message", ""), _LEVELS.get(level, ""))
    return Text.assemble((_clock(data), "dim"), " ", (f"{where:<5}", style), f" {level:<5} ", message)


def _clock(data: Record) -> str:
    """The time of day where the person is."""
    try:
        return datetime.fromisoformat(data["timestamp"]).astimezone().strftime("%H:%M:%S")
    except (KeyError, TypeError, ValueError):
        return "--:--:--"
