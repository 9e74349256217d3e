"""we env get, set, unset: the variables of a project's containers. No value travels on a command line. Lesson 9."""

import sys

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we import asking, env_files, env_versions
from codeb.cli.we.common import changing, looking
from codeb.cli.we.env_words import asked, parted, words_argument
from codeb.cli.we.session import Record, Session, environment_option, yes_option
from codeb.domain.variables import dotenv_text
from codeb.errors import Refused


class UnknownVariable(Refused):
    code = "unknown_variable"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not stored; `we env get PROJECT --names` lists what is")


@click.group()
def env() -> None:
    """The variables that a project's containers get."""


@env.command(epilog=EXIT_CODES)
@words_argument
@environment_option
@click.option("--names", "only_names", is_flag=True, help="Without the values.")
@looking
def get(session: Session, words: tuple[str, ...], environment: str | None, only_names: bool) -> None:
    """Print the variables of PROJECT, or those NAMEs of them, as a .env file that `we env set` reads back as the same.

    A viewer's key, and an assistant's, sees names only.
    """
    project, names = parted(words)
    with session.told():
        record = session.client.call("env_get", {"projectName": project, "environment": environment})
        if names:
            record = {**record, "variables": _chosen(record["variables"], names)}

    def people(shown: Record, console: Console) -> None:
        """For a program that reads, every character as it is stored."""
        variables = (shown if console.is_terminal else record)["variables"]
        hidden = only_names or shown["masked"]
        text = "".join(f"{name}\n" for name in variables) if hidden else dotenv_text(variables)
        sys.stdout.write(text)
        if not variables:
            click.echo("no variables are stored; `we env set` stores some", err=True)
        elif shown["masked"] and not only_names:
            click.echo("this key sees the names only; a member's sees the values", err=True)

    session.show(record, people)


@env.command("set", epilog=EXIT_CODES)
@words_argument
@environment_option
@click.option("--file", "file", metavar="FILE", help="A .env file; - is standard input.")
@env_files.replace_option
@yes_option
@changing
def set_(
    session: Session,
    *,
    words: tuple[str, ...],
    environment: str | None,
    file: str | None,
    replace: bool,
    yes: bool,
    how: Record,
) -> None:
    """Store variables of PROJECT: each NAME is asked for and not shown; without one, those of a .env file.

    NAME=- takes the value from standard input. In a place that has a project, PROJECT may be left out before a NAME in
    capitals. The next deploy runs with what is stored.
    """
    project, names = parted(words)
    if names and (file or replace):
        raise click.UsageError("name variables, or give a --file (which --replace belongs to), not both")
    if names:
        given: Record = {"variables": asked(names)}
    else:
        given = {"content": asking.text_of(file or _piped()), "merge": not replace}
    env_files.store(session, {"projectName": project, "environment": environment, **given}, how, yes=yes)


@env.command(epilog=EXIT_CODES)
@words_argument
@environment_option
@changing
def unset(session: Session, words: tuple[str, ...], environment: str | None, how: Record) -> None:
    """Take variables of PROJECT away by their NAMEs; `we env restore` brings them back."""
    project, names = parted(words)
    if not names:
        raise click.UsageError("Missing argument 'NAME': say which variables to take away.")
    given = {"projectName": project, "environment": environment, "remove": list(names)}
    session.run("env_sync", {**given, **how}, env_files.stored)


for _command in (*env_files.COMMANDS, *env_versions.COMMANDS):
    env.add_command(_command)


def _chosen(variables: Record, names: tuple[str, ...]) -> Record:
    for name in names:
        if name not in variables:
            raise UnknownVariable(name)
    return {name: variables[name] for name in names}


def _piped() -> str:
    if asking.at_a_terminal():
        raise click.UsageError("say a NAME to be asked for its value, or --file .env, or pipe a .env file in")
    return "-"
