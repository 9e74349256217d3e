"""What a run of the benchmarks says, and what it keeps."""

import json
from pathlib import Path

import pytest

from bench.report import Report
from bench.wrk import Figures

FLOOR = Figures(rate=9000, p50=3, p99=5, cpu=50, memory=32)
FOUND = Figures(rate=4500, p50=6.5, p99=19.25, cpu=120, memory=101, errors="Non-2xx or 3xx responses: 17")


def test_a_line_has_the_figures_and_the_share_of_the_floor(capsys: pytest.CaptureFixture[str]) -> None:
    Report().measured("slot_status", FOUND, FLOOR)
    line = capsys.readouterr().out
    assert "4500/s  p50    6.50 ms  p99   19.25 ms     120 us of CPU each   101 MB   50.0% of the floor" in line
    assert line.endswith("Non-2xx or 3xx responses: 17\n")


@pytest.mark.parametrize(("value", "verdict"), [(0.8, "met"), (2.0, "met"), (2.01, "NOT met")])
def test_a_ratio_with_a_goal_says_whether_it_is_met(
    value: float, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report()
    report.ratio("slot_list", value, "rate small / loaded", most=2)
    assert capsys.readouterr().out == f"  rate small / loaded: {value:.2f} times   goal: within 2 times: {verdict}\n"
    assert report.goals == {"slot_list: within 2 times": verdict == "met"}


def test_a_ratio_without_a_goal_judges_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    report.ratio("switch", 8.418, "reload / pointer, medians")
    assert capsys.readouterr().out == "  reload / pointer, medians: 8.42 times\n"
    assert (report.ratios, report.goals) == ({"switch": 8.418}, {})


def test_the_end_names_every_goal_that_was_missed_and_what_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    report.goal("p99 below 20 ms", met=False, found="31.0 ms")
    report.goal("4,500/s", met=True, found="4,700/s")
    report.leave_out("deploy", "there is no Docker Engine")
    capsys.readouterr()
    report.summary(61)
    assert capsys.readouterr().out.splitlines() == [
        "",
        "1 of 2 goals met, in 61 s",
        "  NOT met: p99 below 20 ms",
        "  left out: deploy: there is no Docker Engine",
    ]


def test_the_file_holds_what_the_lines_say(tmp_path: Path) -> None:
    report, path = Report(), tmp_path / "figures.json"
    report.measured("slot_status", FOUND, FLOOR)
    report.timed("deploy", 1.5, broken=0)
    report.goal("4,500/s", met=True, found="4,700/s")
    report.write(path)
    kept = json.loads(path.read_text())
    assert kept["figures"]["slot_status"]["p99"] == 19.25
    assert kept["figures"]["deploy"] == {"seconds": 1.5, "broken": 0}
    assert kept["goals"] == {"4,500/s": True}
