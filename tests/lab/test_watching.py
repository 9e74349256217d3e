"""Prometheus sees every part of the platform, and the releases that were made on it."""

import json
from collections.abc import Mapping
from functools import partial, reduce
from typing import Any

import pytest

from tests.lab.api import Api
from tests.lab.confidential import Confidential
from tests.lab.hosts import ROLES
from tests.lab.paths import ROOT
from tests.lab.waiting import until
from tests.lab.web import session

pytestmark = pytest.mark.lab

JOBS = {
    "node",
    "postgres",
    "redis",
    "caddy",
    "registry",
    "centrifugo",
    "object_storage",
    "api",
    "prometheus",
    "alertmanager",
}


@pytest.fixture(scope="module")
def query(lab: Confidential) -> Any:
    def ask(expression: str) -> list[dict[str, Any]]:
        answer = session.get(f"{lab['prometheus_url']}/api/v1/query", params={"query": expression}, timeout=10).json()
        assert answer["status"] == "success", f"{expression}: {answer}"
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    return ask


def test_every_job_is_up(query: Any) -> None:
    up = until(lambda: query("up"), lambda series: {each["value"][1] for each in series} == {"1"}, seconds=90)
    assert {each["metric"]["job"] for each in up} >= JOBS
    assert {each["metric"].get("host") for each in query('up{job="node"}')} >= ROLES.keys()


def test_what_stands_behind_an_exporter_is_up_too(query: Any) -> None:
    for expression in ("pg_up", "redis_up"):
        until(partial(query, expression), lambda series: [each["value"][1] for each in series] == ["1"])


def test_releases_are_counted(api: Api, query: Any, lab: Confidential) -> None:
    project = lab["project"]
    api.tool("rollback" if _promoted(api, project) else "promote", projectName=project)
    states = until(
        lambda: query(f'codeb_slot_status{{project="{project}",environment="production"}}'),
        lambda series: "2" in {each["value"][1] for each in series},
    )
    assert {each["metric"]["slot"] for each in states} == {"blue", "green"}
    for counted in ("codeb_tool_calls_total", "codeb_http_requests_total", "codeb_switch_duration_seconds_count"):
        until(partial(query, counted), bool)


def _promoted(api: Api, project: str) -> bool:
    """Whether there is a grace slot to go back to."""
    slots = api.tool("slot_status", projectName=project)["slots"]
    return "grace" in {slot["status"] for slot in slots.values()}


def test_promtool_accepts_the_alert_rules(machines: Mapping[str, Any]) -> None:
    done = machines["backup"].run("promtool check config /etc/prometheus/codeb/prometheus.yml")
    assert done.rc == 0, done.stdout + done.stderr


def test_prometheus_understands_every_panel_of_the_dashboard(query: Any) -> None:
    dashboard = json.loads((ROOT / "templates" / "grafana" / "codeb.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert expressions
    values = {f"${variable['name']}": ".*" for variable in dashboard["templating"]["list"]}
    values |= {"$__rate_interval": "5m", "$__range": "1h"}
    for expression in expressions:
        query(reduce(lambda text, name: text.replace(name, values[name]), values, expression))
