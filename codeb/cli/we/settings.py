"""``NAME=VALUE`` settings on a command line, and the one that may not be there: a webhook's address is a password."""

import json
from contextlib import suppress
from typing import Any

import click
from rich.console import Console

from codeb.cli.we.asking import line_of
from codeb.cli.we.session import Record

set_option = click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Repeatable.")
reset_option = click.option("--reset", "resets", multiple=True, metavar="NAME", help="Back to its default; repeatable.")
webhook_option = click.option(
    "--webhook", metavar="FILE", help="A file with the https address that is told of releases; - is standard input."
)


def settings_of(assignments: tuple[str, ...], resets: tuple[str, ...] = ()) -> dict[str, Any]:
    """The wire's settings: JSON where the text is JSON, else the text itself; null for a reset. Raises UsageError."""
    return {**dict(_assigned(each) for each in assignments), **dict.fromkeys(resets)}


def webhook_of(path: str | None, name: str) -> dict[str, str]:
    return {} if path is None else {name: line_of(path).strip()}


def changed(record: Record, console: Console) -> None:
    """Which ones, and the secret of a webhook, which its receiver needs."""
    console.print(f"changed: {', '.join(record['changedSettings']) or 'nothing, it was so already'}")
    if "webhookSecret" in record:
        click.echo("the webhook's receiver checks signatures with this secret:", err=True)
        console.print(record["webhookSecret"])


def _assigned(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError("say NAME=VALUE, such as --set memory=1g")
    if "webhook" in name.lower():
        raise click.UsageError(
            "a webhook's address is often a password, and everybody on this machine can read a command line; use"
            " --webhook FILE"
        )
    with suppress(ValueError):
        return name, json.loads(value)
    return name, value
