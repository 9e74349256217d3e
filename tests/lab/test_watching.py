"""Prometheus sees every part of the platform, and the releases that were made on it."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from tests.lab.api import Api
from tests.lab.confidential import Confidential
from tests.lab.hosts import ROLES
from tests.lab.paths import ROOT
from tests.lab.prometheus import Prometheus
from tests.lab.waiting import until

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
    "docker",
    "containers",
    "prometheus",
    "alertmanager",
    "blackbox",
    "public_sites",
    "host_certificates",
}
RUNBOOKS = ROOT / "docs" / "runbooks.md"


@pytest.fixture(scope="module")
def prometheus(lab: Confidential) -> Prometheus:
    return Prometheus(lab["prometheus_url"])


@pytest.fixture(scope="module")
def query(prometheus: Prometheus) -> Any:
    return prometheus.query


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


def test_every_rule_is_loaded_and_can_be_evaluated(prometheus: Prometheus) -> None:
    assert prometheus.alerts() == set(re.findall(r"^## (.+)$", RUNBOOKS.read_text(), re.MULTILINE))
    until(prometheus.unhealthy_rules, lambda unhealthy: unhealthy == {})


def test_amtool_accepts_what_alertmanager_has(machines: Mapping[str, Any]) -> None:
    done = machines["backup"].run("amtool check-config /etc/prometheus/codeb/alertmanager.yml")
    assert done.rc == 0, done.stdout + done.stderr


def test_the_hosts_own_certificates_are_looked_at(query: Any) -> None:
    ends = until(
        lambda: query('probe_ssl_earliest_cert_expiry{job="host_certificates"} - time()'),
        lambda series: {each["metric"]["host"] for each in series} >= ROLES.keys(),
    )
    assert min(float(each["value"][1]) for each in ends) > 60 * 86400


def test_a_container_is_measured(query: Any, lab: Confidential) -> None:
    where = f'{{project="{lab["project"]}",environment="production"}}'
    until(partial(query, f"codeb_container_cpu_seconds_total{where} > 0"), bool)
    until(partial(query, f"codeb_container_memory_bytes{where} <= codeb_container_memory_limit_bytes"), bool)
