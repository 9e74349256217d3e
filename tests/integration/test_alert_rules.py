"""Every alert fires when it should and is quiet when it should be, by promtool. Spec section 9."""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from codeb.domain.infra import Infra
from deploys.components.alert_rules import rule_files
from tests.integration.debian_programs import debian_program
from tests.integration.rule_cases import CASES, DAY, ELSEWHERE, ENVIRONMENTS, Case, Series, errors_of
from tests.lab.shell import CommandFailed, run

pytestmark = pytest.mark.integration
Judge = Callable[..., None]

HOSTS = {
    role: {"address": f"203.0.113.{number}", "roles": [role]}
    for number, role in enumerate(("app", "streaming", "storage", "backup"), 1)
}
FILES = rule_files(Infra.parse({"domain": "lab.test", "acme_email": "a@lab.test", "hosts": HOSTS}), "/etc/x")
GROUPS: list[dict[str, Any]] = [group for text in FILES.values() for group in yaml.safe_load(text)["groups"]]
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule
}


ORDER = [group["name"] for group in sorted(GROUPS, key=lambda group: all("alert" in rule for rule in group["rules"]))]


@pytest.fixture(scope="module")
def promtool() -> Path:
    return debian_program("promtool", "prometheus")


@pytest.fixture
def judge(promtool: Path, tmp_path: Path) -> Judge:
    """Has promtool evaluate all rules for some series, and compare; raises CommandFailed with the difference."""
    return judging(promtool, tmp_path, FILES)


@pytest.fixture
def impatient(promtool: Path, tmp_path: Path) -> Judge:
    """The same of rules that wait for nothing: without their ``for``."""
    (directory := tmp_path / "impatient").mkdir()
    return judging(promtool, directory, {name: re.sub(r" for: \S+", " for: 0s", text) for name, text in FILES.items()})


def judging(promtool: Path, directory: Path, files: Mapping[str, str]) -> Judge:
    for name, text in files.items():
        (directory / name).write_text(text)

    def evaluate(*tests: Mapping[str, Any]) -> None:
        cases = {
            "rule_files": list(files),
            "evaluation_interval": tests[0]["interval"],
            "group_eval_order": ORDER,  # without it a map's: an alert may be judged before what it reads is recorded
            "tests": list(tests),
        }
        (directory / "test.yaml").write_text(yaml.safe_dump(cases))
        run([promtool, "test", "rules", directory / "test.yaml"])

    return evaluate


def at(
    minute: int, series: Series, alert: str, expected: list[dict[str, Any]], *, hourly: bool | None = None
) -> dict[str, Any]:
    """What takes days is looked at by the hour."""
    asked = {"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": expected}
    interval = "1h" if (minute > DAY if hourly is None else hourly) else "1m"
    return {"interval": interval, "input_series": inputs(series), "alert_rule_test": [asked]}


def inputs(series: Series) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in series.items()]


def as_sent(alert: str, case: Case) -> dict[str, Any]:
    """The alert as a person gets it; a sentence may only name labels that the alert has."""
    rule = ALERTS[alert]
    texts = {
        name: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: case.labels[found[1]], text)
        for name, text in rule["annotations"].items()
    }
    return {"exp_labels": {**case.labels, **rule["labels"]}, "exp_annotations": texts}


def test_every_alert_has_a_case() -> None:
    assert CASES.keys() == ALERTS.keys()


def test_promtool_accepts_the_files(promtool: Path, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    run([promtool, "check", "rules", "--lint-fatal", *(tmp_path / name for name in FILES)])


@pytest.mark.parametrize("alert", CASES)
def test_it_fires(alert: str, judge: Judge) -> None:
    case = CASES[alert]
    judge(at(case.at, case.fires, alert, [as_sent(alert, case)]))


@pytest.mark.parametrize("alert", CASES)
def test_it_is_quiet(alert: str, judge: Judge) -> None:
    judge(at(CASES[alert].at, CASES[alert].quiet, alert, []))


@pytest.mark.parametrize("alert", [name for name, rule in ALERTS.items() if "for" in rule])
def test_it_waits_for_its_time(alert: str, judge: Judge, impatient: Judge) -> None:
    """At the first moment at which its condition holds it is quiet still."""
    case, hourly = CASES[alert], CASES[alert].at > DAY
    step = 60 if hourly else 1

    def holds(turn: int) -> bool:
        try:
            impatient(at(turn * step, case.fires, alert, [as_sent(alert, case)], hourly=hourly))
        except CommandFailed:
            return False
        return True

    begins = bisect_left(range(case.at // step + 1), True, key=holds)
    assert holds(begins), "its condition never holds"
    judge(at(begins * step, case.fires, alert, [], hourly=hourly))


@pytest.mark.parametrize("alert", ["PointerLost", "WatchFlippedBack"])
def test_an_event_is_over_ten_minutes_later(alert: str, judge: Judge) -> None:
    judge(at(25, CASES[alert].fires, alert, []))


def test_a_judge_that_finds_a_difference_says_so(judge: Judge) -> None:
    with pytest.raises(CommandFailed, match="HostDown"):
        judge(at(3, CASES["HostDown"].fires, "HostDown", []))


def shares(series: Series, samples: list[dict[str, Any]]) -> dict[str, Any]:
    asked = {"expr": "environment:errors:share5m", "eval_time": "10m", "exp_samples": samples}
    return {"interval": "1m", "input_series": inputs(series), "promql_expr_test": [asked]}


@pytest.mark.parametrize("site", ENVIRONMENTS)
def test_the_errors_of_a_name_are_those_of_its_environment(site: str, judge: Judge) -> None:
    project, environment = ENVIRONMENTS[site]
    labels = f'environment:errors:share5m{{environment="{environment}",project="{project}"}}'
    judge(shares(errors_of(site), [{"labels": labels, "value": 0.5}]))


@pytest.mark.parametrize("site", ELSEWHERE)
def test_the_errors_of_other_names_are_no_environments(site: str, judge: Judge) -> None:
    judge(shares(errors_of(site), []))
