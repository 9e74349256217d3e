"""The exporter of containers, in front of an engine that answers from a table."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from codeb.adapters.docker.profile import ONCE, ROLE
from codeb.domain.host_ports import wanted
from codeb.domain.infra import Role
from deploys.components import docker, exporters
from deploys.rendering import TEMPLATES, render

MEBIBYTE = 1024 * 1024
LABELS = {"codeb.project": "blog", "codeb.environment": "production", "codeb.slot": "blue", "codeb.team": "t"}
STATS = "/containers/c1/stats?stream=false&one-shot=true"


@pytest.fixture(scope="module")
def exporter() -> ModuleType:
    spec = importlib.util.spec_from_file_location("exporter", TEMPLATES / "exporters" / "container_metrics.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def engine(exporter: ModuleType) -> dict[str, Any]:
    return {
        exporter.LISTED: [{"Id": "c1", "Labels": LABELS}],
        STATS: {
            "cpu_stats": {"cpu_usage": {"total_usage": 2_500_000_000}, "online_cpus": 4},
            "memory_stats": {
                "usage": 90 * MEBIBYTE,
                "limit": 512 * MEBIBYTE,
                "stats": {"inactive_file": 30 * MEBIBYTE},
            },
        },
        "/containers/c1/json": {"HostConfig": {"NanoCpus": 1_500_000_000}},
    }


def measured(exporter: ModuleType, engine: dict[str, Any]) -> dict[str, float]:
    def ask(path: str) -> Any:
        if path not in engine:
            raise exporter.Gone
        return engine[path]

    families = list(text_string_to_metric_families(exporter.text(ask)))
    samples = [sample for family in families for sample in family.samples]
    wanted = {"project": "blog", "environment": "production", "slot": "blue"}
    assert all(sample.labels == wanted for sample in samples)
    return {sample.name: sample.value for sample in samples}


def test_a_container_is_measured(exporter: ModuleType, engine: dict[str, Any]) -> None:
    assert measured(exporter, engine) == {
        "codeb_container_cpu_seconds_total": 2.5,
        "codeb_container_cpu_limit_cores": 1.5,
        "codeb_container_memory_bytes": 60 * MEBIBYTE,
        "codeb_container_memory_limit_bytes": 512 * MEBIBYTE,
    }


def test_the_older_cgroups_call_the_page_cache_otherwise(exporter: ModuleType, engine: dict[str, Any]) -> None:
    engine[STATS]["memory_stats"]["stats"] = {"inactive_file": 0, "total_inactive_file": 30 * MEBIBYTE}
    assert measured(exporter, engine)["codeb_container_memory_bytes"] == 60 * MEBIBYTE


def test_without_a_limit_it_may_use_every_core(exporter: ModuleType, engine: dict[str, Any]) -> None:
    engine["/containers/c1/json"]["HostConfig"]["NanoCpus"] = 0
    assert measured(exporter, engine)["codeb_container_cpu_limit_cores"] == 4


@pytest.mark.parametrize("path", [STATS, "/containers/c1/json"])
def test_a_container_that_ends_meanwhile_is_left_out(exporter: ModuleType, engine: dict[str, Any], path: str) -> None:
    del engine[path]
    assert measured(exporter, engine) == {}


def test_a_migrations_container_is_not_its_slots(exporter: ModuleType, engine: dict[str, Any]) -> None:
    engine[exporter.LISTED] = [{"Id": "c1", "Labels": {**LABELS, ROLE: ONCE}}]
    assert measured(exporter, engine) == {}


def test_only_loopback_and_the_engines_socket_are_in_its_unit() -> None:
    unit = render("exporters/codeb-container-metrics.service.j2", program="/x", port=9118)
    assert "ExecStart=/x 9118 /run/docker.sock\n" in unit
    assert "DynamicUser=yes\n" in unit


def test_its_port_and_the_engines_are_looked_at_before_the_bootstrap() -> None:
    ours = wanted([Role.APP])
    assert ours[exporters.CONTAINER_METRICS_PORT] == Path(exporters.CONTAINER_METRICS).name
    assert ours[exporters.ENGINE_METRICS_PORT] == "dockerd"


def test_the_engine_shows_its_metrics_to_this_host_alone() -> None:
    assert json.loads(docker.daemon_json())["metrics-addr"] == f"127.0.0.1:{exporters.ENGINE_METRICS_PORT}"
