"""Groups of commands whose libraries are imported when one of them is used."""

import importlib
from collections.abc import Callable, Mapping

import click

Missing = Callable[[str, str], click.Command | None]


class LazyGroup(click.Group):
    """``table`` says where each command is, as ``package.module:attribute``.

    ``missing`` makes the command for a name and the library that it lacks; without it the error goes on.
    """

    table: Mapping[str, str] = {}
    missing: Missing | None = None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name].partition(":")
        try:
            command: click.Command = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as error:
            if self.missing is None:
                raise
            return self.missing(cmd_name, error.name or str(error))
        return command


def lazy(table: Mapping[str, str], missing: Missing | None = None) -> type[LazyGroup]:
    """The group's class, for ``@click.group(cls=...)``."""
    members = {"table": table, "missing": staticmethod(missing) if missing else None}
    return type("Lazy", (LazyGroup,), members)
