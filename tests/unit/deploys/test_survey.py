"""Everything that a run wants to know of a host, asked together; a real shell answers."""

import subprocess
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.inventory import Inventory
from pyinfra.api.operations import run_ops
from pyinfra.api.state import State
from pyinfra.connectors.fake import FakeConnector
from pyinfra.connectors.util import CommandOutput, OutputLine
from pyinfra.context import ctx_host, ctx_state

from deploys.operations import survey
from deploys.operations.survey import Answers, Batch, Question


class Lines(FactBase[list[str]]):
    """Whatever a command prints."""

    default = list

    def command(self, shell: str) -> str:
        return shell

    def process(self, output: list[str]) -> list[str]:
        return output


@operation()
def _look(asked: Question[list[str]], heard: list[list[str]], then: str) -> Generator[StringCommand, None, None]:
    heard.append(asked.answer())
    if then:
        yield StringCommand(then)


@dataclass
class Steps:
    """``sent`` are commands by host, in order; ``heard`` what steps were answered."""

    sent: dict[str, list[str]]
    heard: list[list[str]]

    def step(self, shell: str, then: str = "", fact: type[FactBase[list[str]]] = Lines) -> Any:
        return _look(name=f"Look at {shell}", asked=survey.plan(fact, shell=shell), heard=self.heard, then=then)


Run = Callable[..., Steps]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Each host's deploy, run as ``pyinfra -y`` runs it; commands go to a shell of this machine."""

    def shell(self: FakeConnector, command: StringCommand, **_: Any) -> tuple[bool, CommandOutput]:
        self.executed_commands.append(str(command))
        done = subprocess.run(["sh", "-c", str(command)], capture_output=True, text=True, check=False)
        streams = (("stdout", done.stdout), ("stderr", done.stderr))
        return done.returncode == 0, CommandOutput(
            [OutputLine(name, line) for name, text in streams for line in text.split("\n")[: text.count("\n")]]
        )

    def apply(*components: Callable[[Steps], None], hosts: int = 1, preview: bool = False) -> Steps:
        names = [f"@fake/{number}" for number in range(hosts)]
        state = State(Inventory((names, {})), Config(), check_for_changes=preview)  # type: ignore[no-untyped-call]
        steps = Steps({}, [])
        try:
            connect_all(state)
            with ctx_state.use(state):
                for each in state.inventory:
                    with ctx_host.use(each):
                        for component in components:
                            component(steps)
            run_ops(state)
        finally:
            steps.sent = {each.name: sent(each) for each in state.inventory}
            disconnect_all(state)
            ctx_host.reset()
            ctx_state.reset()
        return steps

    monkeypatch.setattr(FakeConnector, "run_shell_command", shell)
    return apply


def sent(host: Host) -> list[str]:
    connector = host.connector
    assert isinstance(connector, FakeConnector)
    return connector.executed_commands


@deploy("One")
def one(steps: Steps) -> None:
    steps.step("echo a")
    steps.step("echo b; echo c")


@deploy("Two")
def two(steps: Steps) -> None:
    steps.step("true")
    steps.step("printf d")


def test_where_nothing_changes_a_host_is_sent_one_command(run: Run) -> None:
    steps = run(one, two, hosts=4)
    assert {name: len(commands) for name, commands in steps.sent.items()} == {f"@fake/{n}": 1 for n in range(4)}
    assert sorted(steps.heard) == sorted([["a"], ["b", "c"], [], ["d"]] * 4)


def test_a_preview_is_not_believed_when_the_run_comes(run: Run) -> None:
    """A person reads it before saying yes; until then a host may be another one."""
    steps = run(one, preview=True)
    assert len(steps.sent["@fake/0"]) == 3
    assert steps.heard == [["a"], ["b", "c"]] * 2


def test_after_a_change_a_component_asks_anew(run: Run, tmp_path: Any) -> None:
    path = tmp_path / "file"

    @deploy("Writes")
    def writes(steps: Steps) -> None:
        steps.step(f"cat {path} 2>/dev/null || true", then=f"echo new > {path}")
        steps.step(f"cat {path} 2>/dev/null || echo none")
        steps.step(f"wc -l < {path}")

    steps = run(writes, two)
    assert steps.heard == [[], ["new"], ["1"], [], ["d"]]
    looks = [command for command in steps.sent["@fake/0"] if "codeb-survey-end" in command]
    assert [look.count("codeb-survey-end") for look in looks] == [5, 2, 2], "all; the rest of Writes; all of Two"


def test_a_change_on_another_host_counts_too(run: Run, tmp_path: Any) -> None:
    """The API of one host is well or not by the database of another."""
    path = tmp_path / "file"

    @deploy("Database and API")
    def both(steps: Steps) -> None:
        first = ctx_host.get().name == "@fake/0"  # type: ignore[no-untyped-call]
        steps.step("echo first", then=f"touch {path}" if first else "")
        steps.step(f"ls {path} 2>/dev/null || echo none")

    steps = run(both, hosts=2)
    assert steps.heard[2:] == [[str(path)], [str(path)]]


def test_what_failed_among_others_is_asked_alone_and_fails_its_host(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    @deploy("Broken")
    def broken(steps: Steps) -> None:
        steps.step("echo well")
        steps.step("echo 'no such thing' >&2; exit 7")
        steps.step("echo never")

    with pytest.raises(PyinfraError):
        run(broken)
    assert "no such thing" in caplog.text
    assert "survey-end" not in caplog.text, "pages of shell help nobody"


def test_what_decides_the_steps_is_asked_with_what_is_planned_before(run: Run) -> None:
    found: list[list[str]] = []

    @deploy("Decides")
    def decides(steps: Steps) -> None:
        survey.plan(Lines, shell="echo two")
        found.append(survey.ask(Lines, shell="echo one"))
        found.append(survey.ask(Lines, shell="echo two"))

    assert len(run(decides).sent["@fake/0"]) == 1
    assert found == [["one"], ["two"]]


def test_a_long_list_of_questions_is_sent_in_parts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_LONGEST", 40)
    words = [f"word-{number:02}" for number in range(10)]

    @deploy("Long")
    def long(steps: Steps) -> None:
        for word in words:
            steps.step(f"echo {word}")

    steps = run(long)
    assert steps.heard == [[word] for word in words]
    assert len(steps.sent["@fake/0"]) == 4, "of three questions each, and one that is left"


def test_a_batch_is_not_printed() -> None:
    assert str(Batch(("echo a", "echo b"))) == repr(Batch(("echo a", "echo b"))) == "2 questions"


_LINE = st.text(st.characters(exclude_categories=["C"]), max_size=8)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.lists(_LINE, max_size=4), st.booleans(), st.sampled_from([0, 1, 7])), max_size=5))
def test_every_answer_is_its_commands_own(asked: list[tuple[list[str], bool, int]]) -> None:
    """As pyinfra reads lines; whether the last one is ended or not."""
    commands = []
    for lines, ended, status in asked:
        text = "\n".join(lines) + ("\n" if ended and lines else "")
        commands.append(f"printf %s {quoted(text)}; exit {status}")
    shell = Answers().command(Batch(tuple(commands))) or "true"
    said = subprocess.run(["sh", "-c", shell], capture_output=True, check=True)
    found = Answers().process(said.stdout.decode().split("\n")[:-1])
    assert found == {
        place: expected(lines, ended=ended) for place, (lines, ended, status) in enumerate(asked) if status == 0
    }


def expected(lines: list[str], *, ended: bool) -> list[str]:
    """An empty last line that is not ended is no line."""
    return lines if ended or not lines or lines[-1] else lines[:-1]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
