"""The words after ``we env set``: a project, names of variables, and never a value. Lesson 9."""

import os
from pathlib import Path

import click

from codeb.cli.we.asking import line_of, secret
from codeb.cli.we.place import nearest_project
from codeb.domain.variables import is_name

words_argument = click.argument("words", nargs=-1, metavar="[PROJECT] [NAME]...")
_FROM_INPUT = "=-"


def parted(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The project and the names. A first word in capitals is a variable's, of the project of this place.

    Raises UsageError for a value on the command line, without repeating it.
    """
    for word in words:
        name, equals, rest = word.partition("=")
        if equals and rest != "-":
            raise click.UsageError(_refusal(name))
    if words and not words[0].isupper():
        return words[0], words[1:]
    if project := nearest_project(os.environ, Path.cwd()):
        return project, words
    raise click.UsageError("name a PROJECT: there is none in CODEB_PROJECT, nor in a codeb.toml here or above")


def asked(names: tuple[str, ...]) -> dict[str, str]:
    """Each name with its value: typed without being shown, or standard input's for ``NAME=-``. Raises UsageError."""
    if len([name for name in names if name.endswith(_FROM_INPUT)]) > 1:
        raise click.UsageError("standard input holds one value only: say =- behind one NAME")
    return dict(_value(word) for word in names)


def _value(word: str) -> tuple[str, str]:
    name = word.removesuffix(_FROM_INPUT)
    if not is_name(name):
        raise click.UsageError("a variable's name is letters, digits, _ and ., and begins with no digit")
    return name, line_of("-") if word.endswith(_FROM_INPUT) else secret(name)


def _refusal(name: str) -> str:
    shown = name if is_name(name) else "NAME"
    return (
        f"the value of {shown} is on the command line, where everybody on this machine can read it and the shell keeps"
        f" it: nothing was stored. If it is a secret, change it. Say {shown} to be asked for the value, {shown}=- to"
        " pipe it in, or --file .env."
    )
