"""Which project a command is about: its argument, CODEB_PROJECT, or the nearest codeb.toml."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from codeb.client import ClientConfig
from codeb.errors import CodebError

FILE = "codeb.toml"
_QUICK = 2.0
"""Seconds that a completion may wait for the API."""


def nearest_project(environ: Mapping[str, str], directory: Path) -> str | None:
    """``CODEB_PROJECT``, or ``project = "NAME"`` of the codeb.toml here or above. Raises UsageError for a bad file."""
    if name := environ.get("CODEB_PROJECT"):
        return name
    found = next((path for each in (directory, *directory.parents) if (path := each / FILE).is_file()), None)
    if found is None:
        return None
    try:
        name = tomllib.loads(found.read_text()).get("project")
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{found} cannot be read: {error}") from None
    if not isinstance(name, str) or not name:
        raise click.UsageError(f'{found} names no project: project = "NAME"')
    return name


def complete_project(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """The projects that the key sees; nothing where the API does not answer at once."""
    try:
        client = ClientConfig.load(os.environ, Path.home()).client("cli")
        lines = client.call("slot_list", timeout=_QUICK)["data"]
    except (CodebError, KeyError):
        return []
    names = sorted({line["projectName"] for line in lines})
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def or_nearest(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:  # noqa: ARG001
    if value or ctx.resilient_parsing:
        return value
    if name := nearest_project(os.environ, Path.cwd()):
        return name
    raise click.UsageError("name a PROJECT: there is none in CODEB_PROJECT, nor in a codeb.toml here or above", ctx)


project_argument = click.argument("project", required=False, callback=or_nearest, shell_complete=complete_project)
"""A project that a command cannot do without."""
any_project_argument = click.argument("project", required=False, shell_complete=complete_project)
"""A project, or all of them."""
