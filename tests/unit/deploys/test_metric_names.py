"""Alerts, recordings and dashboards ask only for what a job of ours exports: a misspelt name cannot pass."""

from typing import Any

import yaml

from codeb.api.collectors import CaddyReloads, SlotHealth, SlotStates
from codeb.api.metrics import Metrics
from deploys.components.alert_rules import rule_files
from deploys.components.prometheus import HOME, prometheus_yml
from deploys.dashboards.catalogue import DASHBOARDS
from deploys.platform import Platform
from deploys.rendering import TEMPLATES
from tests.metric_names import EXPORTED, PROMETHEUS_OWN, RARE
from tests.promql import metrics

KNOWN = frozenset().union(PROMETHEUS_OWN, *EXPORTED.values(), *RARE.values())


def rules(platform: Platform) -> list[dict[str, Any]]:
    groups = [group for text in rule_files(platform.infra, HOME).values() for group in yaml.safe_load(text)["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def recorded(platform: Platform) -> set[str]:
    return {rule["record"] for rule in rules(platform) if "record" in rule}


def asked(platform: Platform) -> set[str]:
    """By rules, panels, marks and the choices above them."""
    expressions = [rule["expr"] for rule in rules(platform)]
    for dashboard in DASHBOARDS:
        expressions += [*dashboard.expressions(), *(event.expr for event in dashboard.events)]
        expressions += [variable.metric for variable in dashboard.variables]
    return set().union(*map(metrics, expressions))


def test_every_name_is_exported_or_recorded(platform: Platform) -> None:
    assert asked(platform) - KNOWN - recorded(platform) == set()


def test_every_name_in_the_lists_is_asked_for(platform: Platform) -> None:
    assert KNOWN - asked(platform) == set()


def test_every_recording_is_asked_for(platform: Platform) -> None:
    assert recorded(platform) - asked(platform) == set()


def test_every_list_is_a_jobs(platform: Platform) -> None:
    jobs = {job["job_name"] for job in yaml.safe_load(prometheus_yml(platform))["scrape_configs"]}
    assert EXPORTED.keys() | RARE.keys() <= jobs


def test_the_api_has_what_its_lists_say() -> None:
    api = Metrics()
    families = [family for each in (SlotStates(list), SlotHealth(dict), CaddyReloads(int)) for family in each.collect()]
    families += list(api.registry.collect())
    suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
    names = {family.name + suffix for family in families for suffix in suffixes.get(family.type, ())}
    assert (EXPORTED["api"] | RARE["api"]) - names == set()


def test_the_exporter_of_containers_has_what_its_list_says() -> None:
    program = (TEMPLATES / "exporters" / "container_metrics.py").read_text()
    assert all(f'"{name}"' in program for name in EXPORTED["containers"])
