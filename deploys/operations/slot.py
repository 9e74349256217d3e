"""Releases by the host's own ``codeb`` command: what is to be in a slot, and what is to serve. Spec section 10.

The command takes the environment's lock, keeps the journal and goes on while the API or the database is away; nothing
secret passes through it. What it refuses is the sentence that the operation fails with.
"""

import shlex
from collections.abc import Generator

from pyinfra import host, logger, state
from pyinfra.api import FactBase, StringCommand, operation

from deploys.releases import Release
from deploys.slots import Slots, parse

_REASON = "declared with pyinfra"
_DISTURBED = "another release came in between, and nothing was promoted: look at `codeb status {}` and run this again"


def _codeb(*words: str) -> str:
    """As a shell has it; the records say where the call came from."""
    return f"CODEB_SOURCE=pyinfra codeb {shlex.join(words)}"


class SlotStatus(FactBase[Slots]):
    """Both slots of an environment, asked of ``codeb status``; empty slots on a host that has no codeb yet."""

    default = Slots

    def requires_command(self, project: str, environment: str) -> str:  # noqa: ARG002
        return "codeb"

    def command(self, project: str, environment: str) -> str:
        return f"{_codeb('status', project, '--environment', environment, '--json')} 2>&1 || true"

    def process(self, output: list[str]) -> Slots:
        return parse(output)


@operation()
def deployed(
    project: str,
    version: str | None = None,
    image: str | None = None,
    environment: str = "production",
    timeout: int | None = None,
) -> Generator[StringCommand, None, None]:
    """
    Have a release in a slot, healthy and ready to be tested; it may have the traffic, or have had it just now.

    + project: its name
    + version: tag in the project's own repository; ``latest`` is none, for it does not say which
    + image: a whole reference instead, best with its digest
    + environment: production, staging or preview
    + timeout: seconds until a start counts as failed; default: the project's
    """
    wanted = Release.of(project=project, version=version, image=image, environment=environment, timeout=timeout)
    found = _look(wanted)
    if found.problem:
        yield _failed(found.problem)
    elif (slot := found.holding(wanted)) and (slot.running or slot.active):
        host.noop(f"{wanted.what} is in {slot.name} ({slot.state})")
    else:
        yield _deploy(wanted)


@operation()
def active(
    project: str,
    version: str | None = None,
    image: str | None = None,
    environment: str = "production",
    timeout: int | None = None,
) -> Generator[StringCommand, None, None]:
    """
    Have a release serve the environment's visitors, by the shortest way that there is.

    Where it has the traffic, nothing is done. Where it waits in the other slot, it is promoted. Where it is in its
    grace period, this is a rollback, and no container is started. Otherwise it is deployed and then promoted.

    + project: its name
    + version: tag in the project's own repository; ``latest`` is none, for it does not say which
    + image: a whole reference instead, best with its digest
    + environment: production, staging or preview
    + timeout: seconds until a start counts as failed; default: the project's
    """
    wanted = Release.of(project=project, version=version, image=image, environment=environment, timeout=timeout)
    found = _look(wanted)
    slot = found.holding(wanted)
    if found.problem:
        yield _failed(found.problem)
    elif slot is None or not (slot.running or slot.active or slot.grace):
        yield _deploy(wanted)
        yield from _promote(wanted, _look(wanted))
    elif slot.active:
        host.noop(f"{wanted.what} has the traffic, in {slot.name}")
    elif slot.grace:
        yield _told("rollback", *_where(wanted), "--deployment", slot.deployment, "--reason", _REASON)
    else:
        yield from _promote(wanted, found)


def _promote(wanted: Release, found: Slots) -> Generator[StringCommand, None, None]:
    """The very deployment that was seen; a team's own automatic promote may have been faster."""
    slot = found.holding(wanted)
    if slot is None:
        yield _failed(found.problem or _DISTURBED.format(wanted.project))
    elif not slot.active:
        yield _told("promote", *_where(wanted), "--deployment", slot.deployment)


def _look(wanted: Release) -> Slots:
    return host.get_fact(SlotStatus, project=wanted.project, environment=str(wanted.environment))


def _deploy(wanted: Release) -> StringCommand:
    what = ("--image", wanted.image) if wanted.image else ("--version", str(wanted.version))
    limit = ("--timeout", str(wanted.timeout)) if wanted.timeout else ()
    return _told("deploy", *_where(wanted), *what, *limit)


def _where(wanted: Release) -> tuple[str, ...]:
    return (wanted.project, "--environment", str(wanted.environment))


def _told(*words: str) -> StringCommand:
    """Whoever looks before the run, or with --dry, reads by which way it would go."""
    if not state.is_executing:
        host.log(f"would run: codeb {shlex.join(words)}", logger.warning)
    return StringCommand(_codeb(*words))


def _failed(sentence: str) -> StringCommand:
    """A command that fails with the sentence: an exception here would end the run of every other host."""
    if not state.is_executing:
        host.log(f"would fail: {sentence}", logger.warning)
    return StringCommand(f"printf '%s\\n' {shlex.quote(sentence)} >&2; false")
