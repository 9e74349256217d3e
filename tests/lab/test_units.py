"""Units as the hosts' own systemd sees them, and the certificate that each host renews."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.lab.hosts import ROLES

pytestmark = pytest.mark.lab

OURS = re.compile(r"(codeb-[a-z0-9-]+|caddy|centrifugo|redis-server|prometheus[a-z-]*)\.service")
NEEDED = {
    "app": {"codeb-api.service", "codeb-container-metrics.service", "caddy.service"},
    "streaming": {"centrifugo.service", "caddy.service"},
    "storage": {"codeb-registry.service", "codeb-object-storage.service", "redis-server.service"},
    "backup": {"prometheus.service", "prometheus-alertmanager.service", "caddy.service"},
}


def units(machine: Any) -> list[str]:
    listed = machine.check_output("systemctl list-unit-files --type=service --no-legend --no-pager")
    return [name for name in (line.split()[0] for line in listed.splitlines()) if OURS.fullmatch(name)]


@pytest.mark.parametrize("role", ROLES)
def test_what_runs_is_little_exposed(role: str, machines: Mapping[str, Any]) -> None:
    machine = machines[role]
    found = units(machine)
    assert NEEDED[role] | {"prometheus-node-exporter.service", "codeb-certificates.service"} <= set(found)
    judge = "systemd-analyze security --no-pager --threshold=40"
    over = f"for unit in {' '.join(found)}; do {judge} $unit > /dev/null 2>&1 || echo $unit; done"
    assert machine.check_output(over).split() == []


@pytest.mark.parametrize("role", ROLES)
def test_nothing_failed_in_its_frame(role: str, machines: Mapping[str, Any]) -> None:
    assert machines[role].check_output("systemctl --failed --no-legend --plain --type=service") == ""


@pytest.mark.parametrize("role", ROLES)
def test_a_look_after_the_certificate_changes_nothing(role: str, machines: Mapping[str, Any]) -> None:
    machine = machines[role]
    before = machine.check_output("sha256sum /etc/codeb/tls/cert.pem /etc/codeb/tls/key.pem")
    machine.check_output("systemctl start codeb-certificates.service")
    assert machine.check_output("sha256sum /etc/codeb/tls/cert.pem /etc/codeb/tls/key.pem") == before
    assert machine.check_output("systemctl is-enabled codeb-certificates.timer") == "enabled"
    verdict = "python3 -B /usr/local/lib/codeb/certificates.py /etc/codeb/tls --check"
    assert machine.check_output(verdict) == "good"


@pytest.mark.parametrize("role", ROLES)
def test_the_authority_is_roots_alone(role: str, machines: Mapping[str, Any]) -> None:
    assert machines[role].check_output("stat -c '%a %U' /etc/codeb/tls/issuing /etc/codeb/tls/issuing/ca.key") == (
        "700 root\n600 root"
    )


def test_node_metrics_survive_the_frame(machines: Mapping[str, Any]) -> None:
    """The exporter sees the hosts' disks as they are, not as its frame has them, and the state of the clock."""
    metrics = machines["storage"].check_output("curl --silent http://127.0.0.1:9100/metrics")
    for name in ("node_filesystem_avail_bytes", "node_timex_sync_status", "node_memory_MemAvailable_bytes"):
        assert f"\n{name}" in metrics, name
    assert 'node_scrape_collector_success{collector="timex"} 1' in metrics
    assert 'node_scrape_collector_success{collector="filesystem"} 1' in metrics
