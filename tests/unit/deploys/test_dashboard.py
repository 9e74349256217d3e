"""The dashboard and the alert rules ask only for series that CodeB and its exporters have."""

import json
import re
from typing import Any

import pytest

from deploys.components.wheel import ROOT

SERIES = {
    "codeb_http_requests_total",
    "codeb_http_request_duration_seconds",
    "codeb_http_active_requests",
    "codeb_tool_calls_total",
    "codeb_tool_call_duration_seconds",
    "codeb_deployments_total",
    "codeb_deployment_duration_seconds",
    "codeb_promotions_total",
    "codeb_rollbacks_total",
    "codeb_slot_status",
    "codeb_slot_healthy",
    "codeb_auth_failures_total",
    "codeb_rate_limit_exceeded_total",
    "codeb_db_query_duration_seconds",
    "codeb_degraded",
    "codeb_audit_spool_size",
    "codeb_switch_duration_seconds",
    "codeb_caddy_reloads_total",
}
ALERTS_OWN = {"codeb_container_deaths_total", "codeb_pointers_lost_total", "codeb_watch_flips_total"}
"""Events that are rare enough to be no curve."""
RULES = (ROOT / "templates" / "prometheus" / "rules.yml.j2").read_text()


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "templates" / "grafana" / "codeb.json").read_text())
    return loaded


def series_of(text: str) -> set[str]:
    return {re.sub(r"_bucket$", "", name) for name in re.findall(r"\bcodeb_[a-z_]+", text)}


def expressions(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_the_dashboard_shows_every_series_of_the_api(dashboard: dict[str, Any]) -> None:
    assert series_of("\n".join(expressions(dashboard))) == SERIES


def test_alert_rules_use_known_series() -> None:
    assert series_of(RULES) <= SERIES | ALERTS_OWN


def test_the_dashboard_can_be_provisioned(dashboard: dict[str, Any]) -> None:
    assert dashboard["id"] is None
    assert dashboard["uid"] == "codeb"
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {"codeb-prometheus"}


def test_panels_do_not_overlap(dashboard: dict[str, Any]) -> None:
    cells = [
        (x, y)
        for grid in (panel["gridPos"] for panel in dashboard["panels"])
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
