"""``python -m bench`` as a whole."""

import pytest

from bench import __main__ as bench
from bench.report import Report
from tests.lab.shell import CommandFailed


def test_a_part_without_its_programs_and_a_part_that_fails_do_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_: Report) -> None:
        raise CommandFailed("there is no Docker Engine")

    def broken(_: Report) -> None:
        raise ValueError("no figures")

    parts = {"deploy": missing, "api": broken, "switch": lambda report: report.heading("switched")}
    monkeypatch.setattr(bench, "PARTS", parts)
    report = Report()
    assert bench.run(report, list(parts)) == ["api"]
    assert report.left_out == {"deploy": "there is no Docker Engine", "api": "it failed: no figures"}
    assert "switched" in capsys.readouterr().out
