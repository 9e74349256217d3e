"""Exit codes that scripts can rely on, and errors as one sentence on stderr."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from codeb.cli.plain import printable
from codeb.errors import CodebError, ConfigError, InvalidInput, Refused, Unavailable

OK, REFUSED, USAGE, LOCKED, UNAVAILABLE = range(5)
INTERRUPTED = 130
"""Ctrl-C, as shells tell it."""
EXIT_CODES = (
    "Exit codes: 0 done (also when nothing had to change), 1 refused, 2 wrong usage or settings,"
    " 3 somebody else holds the environment, 4 a part of the platform is away."
)


def exit_code(error: CodebError) -> int:
    by_code = {
        "locked": LOCKED,
        "unavailable": UNAVAILABLE,
        "journal_unwritable": UNAVAILABLE,
        "unwritable": UNAVAILABLE,
    }
    if error.code in by_code:
        return by_code[error.code]
    by_kind: dict[type[CodebError], int] = {
        Refused: REFUSED,
        InvalidInput: USAGE,
        ConfigError: USAGE,
        Unavailable: UNAVAILABLE,
    }
    return next((by_kind[kind] for kind in type(error).__mro__ if kind in by_kind), REFUSED)


def last_words(error: CodebError) -> list[str]:
    """What the container printed before it failed, where one did."""
    causes = [each for each in (error, error.__cause__) if isinstance(each, CodebError)]
    return next((str(logs).splitlines() for each in causes if (logs := each.facts().get("logs"))), [])


def no_hint(error: CodebError) -> str | None:  # noqa: ARG001
    return None


@contextmanager
def told(
    *,
    as_json: bool,
    code: Callable[[CodebError], int] = exit_code,
    hint: Callable[[CodebError], str | None] = no_hint,
) -> Iterator[None]:
    """What goes wrong in the block is a sentence on stderr (and a record on stdout for programs) and an exit code.

    ``hint`` is the next step, where there is one that the sentence does not tell.
    """
    try:
        yield
    except CodebError as error:
        if as_json:
            from codeb.tools.results import failure

            click.echo(json.dumps(failure(error), default=str))
        click.echo(f"Error: {printable(str(error))}", err=True)
        for line in last_words(error):
            click.echo(f"  | {printable(line)}", err=True)
        if step := hint(error):
            click.echo(step, err=True)
        raise click.exceptions.Exit(code(error)) from None
    except PermissionError as error:
        click.echo(f"Error: {error.filename} is not yours: run this as root or as user codeb", err=True)
        raise click.exceptions.Exit(USAGE) from None
