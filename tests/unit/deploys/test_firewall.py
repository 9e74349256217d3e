"""From the table of who may talk to whom to the rules of each host."""

import re
from typing import Any

import pytest
from pyinfra.api.exceptions import DeployError

from codeb.domain import reach
from codeb.domain.infra import Infra, Role
from deploys.components import firewall
from deploys.rendering import render
from tests.unit.deploys.conftest import HOSTS, ONE_HOST, MakePlatform

EVERYONE = ()
_PUBLIC = [("tcp", "80"), ("tcp", "443"), ("udp", "443")]
Rules = dict[tuple[str, int], tuple[str, ...]]


@pytest.fixture
def infra(make_platform: MakePlatform) -> Infra:
    return make_platform(admin_networks=["192.0.2.0/24", "2001:db8::/32"]).infra


def rules(infra: Infra, host: str) -> Rules:
    return {(rule.protocol, rule.port): rule.addresses for rule in reach.rules(infra, host)}


def chain(text: str, name: str) -> list[str]:
    """The lines of one chain."""
    lines = text.partition(f"\tchain {name} {{\n")[2].partition("\n\t}")[0].splitlines()
    assert lines, f"there is no chain {name}"
    return [line.strip() for line in lines]


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


def test_a_unit_that_flushes_everything_puts_ours_back_and_its_end_is_not_ours() -> None:
    unit, beside = (render(f"firewall/{name}.j2").splitlines() for name in ("codeb-firewall.service", "nftables.conf"))
    assert "After=local-fs.target nftables.service" in unit
    assert not [line for line in unit if line.startswith(("PartOf", "BindsTo", "Requires"))]
    for moment in ("ExecStartPost", "ExecReload", "ExecStopPost"):
        assert f"{moment}=-/usr/sbin/nft -f /etc/codeb/firewall.nft" in beside


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
    lines = [line for line in chain(text, "input") if "dport" in line]
    open_to_all = [line.split()[:3] for line in lines if "saddr" not in line]
    assert open_to_all == [["tcp", "dport", "22"], *([p, "dport", n] for p, n in _PUBLIC)]
    assert len(lines) == len(set(lines))


def test_another_port_of_ssh_is_not_locked_out(make_platform: MakePlatform) -> None:
    infra = make_platform(ssh={"port": 2222}).infra
    assert rules(infra, "app")["tcp", 2222] == EVERYONE
    own: dict[str, Any] = {**HOSTS, "app": {**HOSTS["app"], "ssh": {"port": 2200}}}
    assert rules(make_platform(hosts=own).infra, "app")["tcp", 2200] == EVERYONE


def test_every_row_of_the_table_names_a_port_of_its_role() -> None:
    assert {row.role for row in reach.TABLE} == {None, *Role}


def test_ci_runners_push_images_keep_their_cache_and_reach_the_api(make_platform: MakePlatform) -> None:
    infra = make_platform(ci_runners=["198.51.100.7/32"]).infra
    admitted = {host: reach.admitted(infra, host, "198.51.100.7") for host in infra.hosts}
    assert admitted == {"app": {22, 80, 443}, "streaming": {22, 80, 443}, "storage": {22, 5000, 9000}} | {
        "backup": {22, 80, 443}
    }
    assert reach.admitted(infra, "storage", "198.51.100.8") == {22}


def test_a_runner_of_either_family_has_its_line(make_platform: MakePlatform) -> None:
    infra = make_platform(ci_runners=["198.51.100.0/28", "2001:db8::7/128"]).infra
    lines = [line.split(" accept")[0] for line in chain(firewall.ruleset(infra, "storage"), "input") if "9000" in line]
    assert lines == [
        "ip saddr { 10.0.0.1, 10.0.0.4, 198.51.100.0/28 } tcp dport 9000",
        "ip6 saddr { 2001:db8::7/128 } tcp dport 9000",
    ]


@pytest.mark.parametrize("host", ["streaming", "storage", "backup"])
def test_hosts_without_containers_forward_what_they_did_before(infra: Infra, host: str) -> None:
    assert "forward" not in firewall.ruleset(infra, host)


def test_containers_are_looked_at_before_any_row_that_lets_everyone_in(infra: Infra) -> None:
    lines = chain(firewall.ruleset(infra, "app"), "input")
    first = next(number for number, line in enumerate(lines) if "dport" in line)
    assert lines[first - 3 : first] == [
        'iifname "docker*" goto containers_here',
        'iifname "br-*" ip saddr 172.20.0.0/14 goto containers_here',
        'iifname "br-*" meta nfproto ipv6 goto containers_here',
    ]


def test_a_container_has_two_ports_and_name_resolution_on_the_app_host(infra: Infra) -> None:
    lines = chain(firewall.ruleset(infra, "app"), "containers_here")
    assert {line.partition("dport ")[2].split()[0] for line in lines[:-1]} == {"80", "443", "53"}
    assert lines[-1] == "drop"


def test_of_the_storage_host_a_container_has_the_two_databases(infra: Infra) -> None:
    lines = chain(firewall.ruleset(infra, "app"), "containers_out")
    to_storage = [line for line in lines if "10.0.0.3 }" in line and line.startswith("ip daddr { 10.0.0.3")]
    assert [line.partition(" accept")[0] for line in to_storage] == [
        "ip daddr { 10.0.0.3 } tcp dport 5432",
        "ip daddr { 10.0.0.3 } tcp dport 6379",
    ]


def test_platform_hosts_are_dropped_after_their_exceptions_and_before_name_resolution(infra: Infra) -> None:
    lines = chain(firewall.ruleset(infra, "app"), "containers_out")
    hosts = next(number for number, line in enumerate(lines) if "203.0.113.1, 10.0.0.1, 203.0.113.2" in line)
    assert lines[hosts].endswith("10.0.0.4 } drop")
    assert "dport 53" in lines[hosts + 1]
    assert all("drop" in line for line in lines[hosts + 2 :])


@pytest.mark.parametrize(
    "network", ["169.254.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
)
def test_private_and_link_local_networks_are_dropped_in_both_families(infra: Infra, network: str) -> None:
    dropped = [line for line in chain(firewall.ruleset(infra, "app"), "containers_out") if line.endswith("drop")]
    assert any(network in line for line in dropped)
    assert any({"fc00::/7,", "fe80::/10,"} <= set(line.split()) for line in dropped)


def test_with_every_role_on_one_host_containers_have_its_databases(make_platform: MakePlatform) -> None:
    infra = make_platform(hosts=ONE_HOST).infra
    lines = chain(firewall.ruleset(infra, "only"), "containers_here")
    assert {line.partition(" accept")[0] for line in lines if "5432" in line or "6379" in line} == {
        "ip daddr { 203.0.113.9 } tcp dport 5432",
        "ip daddr { 203.0.113.9 } tcp dport 6379",
    }
    assert reach.admitted_to_containers(infra, "only", "203.0.113.9") == {80, 443, 5432, 6379}


def test_a_way_out_that_looks_like_a_bridge_of_dockers_is_a_refusal() -> None:
    with pytest.raises(DeployError, match="app reaches the world by br-lan"):
        firewall._require_a_way_out("app", ["br-lan", "eth0"])
    firewall._require_a_way_out("app", ["br0", "eth0", "ens3"])
