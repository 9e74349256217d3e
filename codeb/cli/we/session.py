"""What every command of ``we`` has: the client, how to show an answer, and how to tell an error."""

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click
from rich.console import Console

from codeb.cli.exits import told
from codeb.cli.plain import plain, printable
from codeb.cli.we import output
from codeb.cli.we.trouble import code_of, hint
from codeb.client import Client, ClientConfig

P = ParamSpec("P")
R = TypeVar("R")
Record = dict[str, Any]
People = Callable[[Record, Console], None]

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON record on stdout, for programs.")
environment_option = click.option(
    "-e",
    "--environment",
    type=click.Choice(["production", "staging", "preview"]),
    help="Default: the team's, which is production unless it set another.",
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
confirmation_option = click.option("--confirmation", metavar="CODE", help="A person's yes to an assistant's request.")
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@dataclass(slots=True)
class Session:
    """``console`` is stdout, ``aside`` stderr: what is said while a command works. ``project`` is what it is about."""

    as_json: bool
    console: Console
    aside: Console
    environ: Mapping[str, str] = field(repr=False)
    home: Path
    project: str | None = None
    _client: Client | None = field(default=None, repr=False)

    @classmethod
    def here(cls, *, as_json: bool, project: str | None = None) -> "Session":
        return cls(as_json, output.console(sys.stdout), output.console(sys.stderr), os.environ, Path.home(), project)

    @property
    def config(self) -> ClientConfig:
        """Raises ConfigError."""
        return ClientConfig.load(self.environ, self.home)

    @property
    def client(self) -> Client:
        """Raises NotLoggedIn, ConfigError."""
        if self._client is None:
            self._client = self.config.client("cli")
        return self._client

    def told(self) -> AbstractContextManager[None]:
        """Errors in the block become a sentence, the next step and an exit code."""
        return told(as_json=self.as_json, code=code_of, hint=partial(hint, project=self.project))

    def run(self, tool: str, params: Mapping[str, Any], people: People) -> None:
        """A whole command: call the tool and show its answer."""
        with self.told():
            self.show(self.client.call(tool, params), people)

    def show(self, record: Mapping[str, Any], people: People) -> None:
        """The answer for programs, the plan of a dry run, or what ``people`` prints of the answer, made printable."""
        if self.as_json:
            self.emit({"success": True, **record})
            return
        if warning := record.get("versionWarning"):
            self.aside.print(f"{printable(warning)} ({record.get('latestVersion')})", style="dim")
        shown = plain(dict(record))
        if shown.get("dryRun") and "plan" in shown:
            for sentence in shown["plan"]:
                self.console.print(sentence if sentence.startswith(("nothing", "not ")) else f"would {sentence}")
            return
        people(shown, self.console)

    def emit(self, record: Mapping[str, Any]) -> None:
        """One line of JSON on stdout, at once."""
        click.echo(json.dumps(record, default=str))

    def show_aside(self, lines: Iterable[str]) -> None:
        """What people should know before they are asked."""
        for line in lines:
            self.aside.print(printable(line))

    @property
    def asks(self) -> bool:
        """Whether there is a person at the other end who can be asked."""
        return sys.stdin.isatty() and self.aside.is_terminal and not self.as_json

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask, unless ``yes``. Raises UsageError where nobody can be asked; click's Abort for a no."""
        if yes:
            return
        if not self.asks:
            raise click.UsageError(f"{question} There is nobody to ask here: say --yes.")
        click.confirm(question, abort=True, err=True)


def pass_session(command: Callable[Concatenate[Session, P], R]) -> Callable[P, R]:
    """Give a command its session as the first argument; ``as_json`` of :data:`json_option` goes into it."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        as_json = bool(kwargs.pop("as_json", False))
        project = kwargs.get("project")
        session = Session.here(as_json=as_json, project=project if isinstance(project, str) else None)
        return command(session, *args, **kwargs)

    return wrapped
