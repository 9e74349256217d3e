"""we confirm: a person's yes to what an assistant asked for. Security 4."""

import json
import re

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.plain import plain
from codeb.cli.we.asking import text_of
from codeb.cli.we.common import facts, looking
from codeb.cli.we.session import Record, Session, yes_option

_REQUEST = re.compile(r"\bcfm_[0-9a-f]{12}\b")


@click.command(short_help="Say yes to what an assistant asked for.", epilog=EXIT_CODES)
@click.argument("words", nargs=-1, required=True, metavar="REQUEST")
@yes_option
@looking
def confirm(session: Session, words: tuple[str, ...], yes: bool) -> None:
    """Look at what an assistant asked for, and say yes to it: prints the code for it to go on with.

    REQUEST is cfm_ and 12 characters, or the sentence in which the assistant printed it; - reads that from standard
    input. The code is for that very call, works once, and for five minutes.
    """
    request = {"requestId": _request(text_of("-") if words == ("-",) else " ".join(words))}
    with session.told():
        looked = session.client.call("confirm", {**request, "look": True})
        if not session.as_json:
            _asked(looked, session.aside)
        session.confirm("Do you want this?", yes=yes)
        record = session.client.call("confirm", request)
    session.show(record, _code)


def _request(text: str) -> str:
    found: set[str] = set(_REQUEST.findall(text))
    if len(found) != 1:
        count = "no request" if not found else f"{len(found)} requests"
        raise click.UsageError(f"{count} in it: give the one that begins with cfm_")
    return found.pop()


def _asked(record: Record, console: Console) -> None:
    shown = plain(record)
    console.print(f"an assistant asks for {shown['tool']}")
    if "environment" in shown:
        facts(console, {"environment": shown["environment"]})
    params = shown["params"]
    facts(console, {key: json.dumps(each) if isinstance(each, dict) else each for key, each in params.items()})


def _code(record: Record, console: Console) -> None:
    console.print(record["confirmation"])
    click.echo("give this to the assistant; it works once, for this very call, for five minutes", err=True)
