"""A command that is also a group, as it was once: ``we deploy promote blog`` is ``we promote blog``."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class Aliased(click.Command):
    """``aliases`` says where the command of each word is; a project of that name comes after ``--``."""

    def __init__(self, *args: Any, aliases: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.aliases = aliases

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if not args or args[0] not in self.aliases:
            return super().make_context(info_name, args, parent, **extra)
        module, _, attribute = self.aliases[args[0]].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
