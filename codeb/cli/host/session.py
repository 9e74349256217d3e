"""A command's session on the host: the settings, the use cases, and who asks."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
import structlog

from codeb.bootstrap import Owner, Services, build, open_owner
from codeb.cli.exits import told
from codeb.cli.host.identity import OWNER, USER, become_codeb, caller, host_environ, owner_environ, source
from codeb.domain.access import AuthContext, Role
from codeb.domain.deployment import StepListener
from codeb.services.actor import Actor
from codeb.services.steps import ignore
from codeb.settings import Settings, database_of
from codeb.tools import registry
from codeb.tools.call import Call
from codeb.tools.results import Record

_HOST = AuthContext("host", "", Role.OWNER, platform=True)

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON record on stdout, for programs.")
environment_option = click.option(
    "-e",
    "--environment",
    type=click.Choice(["production", "staging", "preview"]),
    default="production",
    show_default=True,
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")


def load_settings() -> tuple[Settings, str]:
    """Become user codeb and read the settings; the second is the caller's login."""
    login = caller(os.environ)
    become_codeb()
    return Settings.load(host_environ(os.environ)), login


@contextmanager
def opened() -> Iterator[tuple[Services, str]]:
    quiet_logs()
    settings, login = load_settings()
    services = build(settings)
    try:
        yield services, login
    finally:
        services.close()


@contextmanager
def opened_as_owner() -> Iterator[Owner]:
    """As the role that owns the database; raises NotTheOwner for everybody else.

    Its password is read as root, and never seen by a process of user codeb.
    """
    quiet_logs()
    environ, has_file = owner_environ(os.environ)
    become_codeb(OWNER if has_file else USER)
    owner = open_owner(database_of(environ))
    try:
        owner.database.require_owner()
        yield owner
    finally:
        owner.close()


def run_tool(name: str, given: Mapping[str, Any], *, on_step: StepListener = ignore) -> Record:
    """The very tool that the API offers, run here."""
    door = source(os.environ)
    with opened() as (services, login):
        handle, _ = registry.find(name).prepare({key: value for key, value in given.items() if value is not None})
        return handle(Call(services, _HOST, Actor(login, door), on_step, show_place))


def show_place(place: int, holder: Mapping[str, object]) -> None:
    """Whoever waits is told how long the queue is and who is at work."""
    who, what = (holder.get(key, "somebody") for key in ("by", "what"))
    click.echo(f"  waiting, place {place}: {who} holds it for a {what}", err=True)


def show(record: Record, as_json: bool, people: Callable[[Record], None]) -> None:
    """The record for programs, or what ``people`` prints of it."""
    if as_json:
        click.echo(json.dumps({"success": True, **record}, default=str))
    elif record.get("dryRun"):
        for sentence in record["plan"]:
            click.echo(f"would {sentence}" if not sentence.startswith("nothing") else sentence)
    else:
        people(record)


def command(
    name: str,
    given: Mapping[str, Any],
    *,
    as_json: bool,
    people: Callable[[Record], None],
    on_step: StepListener = ignore,
) -> None:
    """A whole command: run the tool, show its answer, exit with the right code."""
    with told(as_json=as_json):
        show(run_tool(name, given, on_step=ignore if as_json else on_step), as_json, people)


def quiet_logs() -> None:
    """Warnings of the adapters go to stderr; stdout is the command's answer."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
