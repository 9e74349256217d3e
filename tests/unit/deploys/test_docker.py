"""What every container on the app host inherits from the engine."""

import ipaddress
import json
from typing import Any

import pytest

from deploys.components import docker


@pytest.fixture(scope="module")
def daemon() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(docker.daemon_json())
    return loaded


def test_containers_outlive_a_restart_of_the_engine(daemon: dict[str, Any]) -> None:
    assert daemon["live-restore"] is True


def test_a_published_port_is_on_loopback_unless_somebody_asks_otherwise(daemon: dict[str, Any]) -> None:
    assert daemon["ip"] == "127.0.0.1"


def test_logs_are_bounded(daemon: dict[str, Any]) -> None:
    assert daemon["log-driver"] == "local"
    assert daemon["log-opts"].keys() == {"max-size", "max-file"}


def test_there_are_networks_for_thousands_of_environments(daemon: dict[str, Any]) -> None:
    (pool,) = daemon["default-address-pools"]
    network = ipaddress.ip_network(pool["base"])
    assert network.is_private
    assert 2 ** (pool["size"] - network.prefixlen) >= 10_000


def test_no_registry_is_trusted_without_tls(daemon: dict[str, Any]) -> None:
    assert "insecure-registries" not in daemon
