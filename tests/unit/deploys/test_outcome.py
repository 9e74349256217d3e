"""What the end of a run says, of hosts that failed in different ways."""

from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from pyinfra.api import StringCommand, operation
from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.inventory import Inventory
from pyinfra.api.operation import add_op
from pyinfra.api.operations import run_ops
from pyinfra.api.state import State
from pyinfra.connectors.fake import FakeConnector
from pyinfra.connectors.util import CommandOutput, OutputLine
from pyinfra.context import ctx_host, ctx_state

from deploys.operations import debian
from deploys.outcome import AGAIN, Outcome

Told = Callable[..., list[str]]
NUMBERED = [f"line {number}" for number in range(9)]


@operation()
def says() -> Generator[StringCommand, None, None]:
    yield StringCommand("say")


def command(self: FakeConnector, command: StringCommand, **_: Any) -> tuple[bool, CommandOutput]:
    """One host's commands fail with words, the other's cannot even be asked."""
    if self.host.name == "@fake/broken" and str(command) == "say":
        return False, CommandOutput([OutputLine("stderr", line) for line in NUMBERED])
    if self.host.name == "@fake/silent" and "dpkg-query" in str(command):
        return False, CommandOutput([])
    return True, CommandOutput([])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """The lines of a run of two steps; hosts of ``unreached`` are lost before the first."""
    monkeypatch.setattr(FakeConnector, "run_shell_command", command)
    states: list[State] = []

    def run(*hosts: str, unreached: tuple[str, ...] = ()) -> list[str]:
        names = [f"@fake/{name}" for name in (*hosts, *unreached)]
        state = State(Inventory((names, {})), Config(), check_for_changes=False)  # type: ignore[no-untyped-call]
        states.append(state)
        outcome = Outcome()
        state.add_callback_handler(outcome)  # type: ignore[no-untyped-call]
        connect_all(state)
        lost = {host for host in state.inventory if host.name.removeprefix("@fake/") in unreached}
        state.fail_hosts(lost)  # type: ignore[no-untyped-call]
        add_op(state, says, name="Say something")
        add_op(state, debian.packages, name="Install it", packages=["it"])
        run_ops(state)
        return list(outcome.lines(state))

    yield run
    for state in states:
        disconnect_all(state)
    ctx_host.reset()
    ctx_state.reset()


def test_nothing_is_said_when_all_is_well(told: Told) -> None:
    assert told("well") == []


def test_a_step_that_failed_is_named_with_its_last_words(told: Told) -> None:
    assert told("well", "broken") == [
        "The platform is not complete: 1 of 2 hosts failed.",
        "  @fake/broken: at step 'Say something'. It said last (all of it stands above):",
        *(f"    {line}" for line in NUMBERED[-5:]),
        f"  {AGAIN}",
    ]


def test_a_host_that_could_not_be_looked_at_is_named_with_the_step_that_wanted_to(told: Told) -> None:
    said = told("well", "silent")
    assert said[0] == "The platform is not complete: 1 of 2 hosts failed."
    assert "@fake/silent" in said[1]
    assert "'Install it'" in said[1]


def test_a_host_that_was_never_reached_is_named(told: Told) -> None:
    said = told("well", "broken", unreached=("away",))
    assert said[0] == "The platform is not complete: 2 of 3 hosts failed."
    assert said[1] == "  @fake/away: it was not reached, or could not be looked at; `codeb hosts check` says why."
