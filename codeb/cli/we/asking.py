"""Questions to whoever is at the terminal, and texts that come from a file. Where nobody is, an option answers."""

import sys
from pathlib import Path

import click

from codeb.cli.we.session import Session


def typed(session: Session, name: str, warning: str, *, yes: bool) -> None:
    """For what cannot be undone: the very name is typed, or ``--yes`` was given. Raises UsageError."""
    if yes:
        return
    if not session.asks:
        raise click.UsageError(f"{warning} There is nobody to ask here: say --yes if this is meant.")
    click.echo(warning, err=True)
    if click.prompt(f"Type {name} to go on", default="", show_default=False, err=True) != name:
        raise click.UsageError(f"that is not {name}: nothing was changed")


def secret(name: str) -> str:
    """A value that is typed and not shown. Raises UsageError."""
    if not at_a_terminal():
        raise click.UsageError(f"nobody is here to be asked for {name}: pipe its value and say {name}=-, or use --file")
    value: str = click.prompt(f"{name} (not shown)", hide_input=True, default="", show_default=False, err=True)
    if not value:
        raise click.UsageError(f"nothing was typed for {name}: nothing was stored")
    return value


def at_a_terminal() -> bool:
    return sys.stdin.isatty()


def text_of(path: str) -> str:
    """A file's text; ``-`` is standard input. Raises UsageError, which never shows the text."""
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return content.decode()
    except UnicodeDecodeError:
        raise click.UsageError(f"{'standard input' if path == '-' else path} is not UTF-8") from None
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from None


def line_of(path: str) -> str:
    """The same without the end of its last line: a value that something else printed."""
    return text_of(path).removesuffix("\n").removesuffix("\r")
