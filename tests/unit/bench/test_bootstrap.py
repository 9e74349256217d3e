"""What is told of a second run of the bootstrap, and how commands are counted."""

from collections import Counter
from typing import Any

import pytest

from bench import bootstrap, counting
from bench.bootstrap import Run
from bench.report import Report
from tests.lab import record
from tests.lab.shell import CommandFailed


def test_the_best_run_is_told_beside_the_floor_and_the_worst_counts(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    bootstrap.told(report, 0.5, [Run(6.0, {"app": 5, "storage": 7}, 0), Run(5.0, {"app": 5, "storage": 6}, 0)])
    assert report.ratios == {"a second bootstrap": 10.0}
    assert all(report.goals.values())
    assert "5.0 s; commands: app 5, storage 6" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("run", "missed"),
    [
        (Run(1.0, {"app": bootstrap.COMMANDS + 1}, 0), f"a second bootstrap: {bootstrap.COMMANDS} commands for a host"),
        (Run(1.0, {"app": 1}, 1), "a second bootstrap changes nothing"),
    ],
)
def test_a_goal_can_be_missed(run: Run, missed: str) -> None:
    report = Report()
    bootstrap.told(report, 0.5, [run])
    assert [goal for goal, met in report.goals.items() if not met] == [missed]


def test_without_a_lab_it_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "load", lambda: None)
    with pytest.raises(CommandFailed, match="make lab"):
        bootstrap.main(Report())


def test_commands_and_uploads_are_counted_by_host(monkeypatch: pytest.MonkeyPatch) -> None:
    class Connector:
        class host:
            name = "app"

        def run_shell_command(self, command: str) -> str:
            return command

        def put_file(self, source: str, *, remote: str) -> str:
            return f"{source} {remote}"

    monkeypatch.setattr(counting, "SSHConnector", Connector)
    sent = Counter[str]()
    counting.counting(sent)
    connector: Any = Connector()
    assert connector.run_shell_command("true") == "true"
    assert connector.put_file("a", remote="b") == "a b"
    assert sent == {"app": 2}
