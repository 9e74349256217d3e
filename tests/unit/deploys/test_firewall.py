"""From the table of who may talk to whom to the rules of each host."""

import re
from typing import Any

import pytest

from codeb.domain.infra import Infra, Role
from deploys.components import firewall
from tests.unit.deploys.conftest import HOSTS, ONE_HOST, MakePlatform

EVERYONE = ()
_PUBLIC = [("tcp", "80"), ("tcp", "443"), ("udp", "443")]
Rules = dict[tuple[str, int], tuple[str, ...]]


@pytest.fixture
def infra(make_platform: MakePlatform) -> Infra:
    return make_platform(admin_networks=["192.0.2.0/24", "2001:db8::/32"]).infra


def rules(infra: Infra, host: str) -> Rules:
    return {(rule.protocol, rule.port): rule.addresses for rule in firewall.rules(infra, host)}


def test_what_is_not_listed_is_dropped(infra: Infra) -> None:
    text = firewall.ruleset(infra, "storage")
    assert "type filter hook input priority filter; policy drop;" in text
    assert text.count("policy") == 1


def test_our_table_is_replaced_in_one_step_and_no_other_is_touched(infra: Infra) -> None:
    text = firewall.ruleset(infra, "app")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[:3] == ["table inet codeb", "delete table inet codeb", "table inet codeb {"]
    assert "flush" not in text
    assert set(re.findall(r"table (\S+ \S+)", "\n".join(lines))) == {"inet codeb"}


def test_open_connections_and_the_host_itself_are_never_cut_off(infra: Infra) -> None:
    lines = [line.strip() for line in firewall.ruleset(infra, "app").splitlines()]
    assert lines.index("ct state established,related accept") < lines.index("ct state invalid drop")
    assert 'iif "lo" accept' in lines


@pytest.mark.parametrize("port", [5432, 6379])
def test_the_databases_are_the_app_hosts_alone(infra: Infra, port: int) -> None:
    assert rules(infra, "storage")["tcp", port] == ("10.0.0.1",)


@pytest.mark.parametrize("host", ["app", "streaming", "storage", "backup"])
def test_metrics_are_the_backup_hosts_alone(infra: Infra, host: str) -> None:
    assert rules(infra, host)["tcp", 9999] == ("10.0.0.4",)


@pytest.mark.parametrize("host", ["app", "streaming", "storage", "backup"])
def test_everyone_may_knock_at_ssh(infra: Infra, host: str) -> None:
    assert rules(infra, host)["tcp", 22] == EVERYONE


def test_the_public_reaches_caddy_and_nothing_on_the_storage_host(infra: Infra) -> None:
    public = {("tcp", 22), ("tcp", 80), ("tcp", 443), ("udp", 443)}
    for host in ("app", "streaming", "backup"):
        assert {port for port, addresses in rules(infra, host).items() if addresses == EVERYONE} == public
    assert {port for port, addresses in rules(infra, "storage").items() if addresses == EVERYONE} == {("tcp", 22)}


def test_admin_networks_reach_what_is_otherwise_closed(infra: Infra) -> None:
    networks = {"192.0.2.0/24", "2001:db8::/32"}
    reached = {
        (host, port)
        for host in infra.hosts
        for (_, port), addresses in rules(infra, host).items()
        if networks <= set(addresses)
    }
    assert reached == {
        ("app", 9101),
        ("streaming", 8000),
        ("storage", 5000),
        ("storage", 9000),
        ("backup", 9090),
        ("backup", 3000),
    }


def test_without_admin_networks_their_ports_are_the_hosts_alone(make_platform: MakePlatform) -> None:
    infra = make_platform().infra
    assert ("tcp", 9090) not in rules(infra, "backup")
    assert rules(infra, "storage")["tcp", 5000] == ("10.0.0.1",)


def test_networks_of_both_families_get_a_line_each(infra: Infra) -> None:
    lines = [line.strip() for line in firewall.ruleset(infra, "backup").splitlines() if "9090" in line]
    assert lines == [
        'ip saddr { 192.0.2.0/24 } tcp dport 9090 accept comment "Prometheus"',
        'ip6 saddr { 2001:db8::/32 } tcp dport 9090 accept comment "Prometheus"',
    ]


def test_one_host_with_every_role_has_no_rule_twice(make_platform: MakePlatform) -> None:
    text = firewall.ruleset(make_platform(hosts=ONE_HOST).infra, "only")
    lines = [line for line in text.splitlines() if "dport" in line]
    open_to_all = [line.split()[:3] for line in lines if "saddr" not in line]
    assert open_to_all == [["tcp", "dport", "22"], *([p, "dport", n] for p, n in _PUBLIC)]
    assert len(lines) == len(set(lines))


def test_another_port_of_ssh_is_not_locked_out(make_platform: MakePlatform) -> None:
    infra = make_platform(ssh={"port": 2222}).infra
    assert rules(infra, "app")["tcp", 2222] == EVERYONE
    own: dict[str, Any] = {**HOSTS, "app": {**HOSTS["app"], "ssh": {"port": 2200}}}
    assert rules(make_platform(hosts=own).infra, "app")["tcp", 2200] == EVERYONE


def test_every_row_of_the_table_names_a_port_of_its_role() -> None:
    assert {row.role for row in firewall.TABLE} == {None, *Role}
