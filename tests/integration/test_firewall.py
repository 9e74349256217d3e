"""The rules at work, in network namespaces: what a container reaches, and what reaches it. Security row 2."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from codeb.adapters.port_scan import SshPortLook
from codeb.adapters.ssh import SshLook
from codeb.domain.infra import Host, Infra, Role, Ssh
from deploys.components import firewall
from tests.integration.namespaces import Namespaces, Target, program
from tests.integration.waiting import until

pytestmark = pytest.mark.integration

APP, STREAMING, STORAGE, BACKUP = "10.0.0.1", "203.0.113.2", "10.0.0.3", "203.0.113.4"
PUBLIC_APP, STRANGER, INTERNET, INTERNET6 = "203.0.113.1", "203.0.113.99", "192.0.2.80", "2001:db8:f::80"
METADATA, METADATA6, PRIVATE = "169.254.169.254", "fd00:ec2::254", "10.9.9.9"
APP6, BRIDGE6 = "2001:db8:a::1", "2001:db8:c::1"
WORLD = (f"{STREAMING}/24", f"{STORAGE}/8", f"{BACKUP}/24", f"{STRANGER}/24", f"{INTERNET}/32")
SIBLING, NEIGHBOUR = "172.20.0.3", "172.20.0.18"
PORTS = (22, 53, 80, 443, 3000, 4100, 5000, 5432, 6379, 8080, 9000, 9090, 9100, 9101, 9999)
HOSTS: dict[str, Any] = {
    "app": {"address": PUBLIC_APP, "private_address": APP, "roles": ["app"]},
    "streaming": {"address": STREAMING, "private_address": "10.0.0.2", "roles": ["streaming"]},
    "storage": {"address": "203.0.113.3", "private_address": STORAGE, "roles": ["storage"]},
    "backup": {"address": BACKUP, "private_address": "10.0.0.4", "roles": ["backup"]},
}
ONE: dict[str, Any] = {"app": {"address": PUBLIC_APP, "private_address": APP, "roles": list(Role)}}
DOCKER = """
table ip filter {
	chain FORWARD { type filter hook forward priority filter; policy accept; tcp dport 8080 accept; }
}
table ip nat {
	chain PREROUTING {
		type nat hook prerouting priority dstnat;
		ip daddr 203.0.113.1 tcp dport 4100 dnat to 172.20.0.2:8080;
	}
}
"""
"""What an engine would write for a container that was published on every address."""

ENGINE = """#!/bin/sh
case "$1 $2" in
  "network create") ip link add br-0123456789ab type bridge
    ip addr add 172.20.0.33/28 dev br-0123456789ab; ip link set br-0123456789ab up ;;
  "network inspect") echo "172.20.0.32/28 172.20.0.33 0123456789abcdef" ;;
  "network rm") ip link del br-0123456789ab; echo "removed $3" ;;
esac
"""
"""Makes and removes a network as an engine does, and nothing else."""


SIX: dict[str, Any] = {**HOSTS, "streaming": {**HOSTS["streaming"], "address": "2001:db8:b::2"}}


def declared(hosts: dict[str, Any]) -> dict[str, Any]:
    return {"domain": "example.org", "tls": "off", "hosts": hosts}


def rules(hosts: dict[str, Any]) -> str:
    return firewall.ruleset(Infra.parse(declared(hosts)), "app")


@pytest.fixture(scope="module")
def world() -> Iterator[Namespaces]:
    """An app host between the world and three containers: blog's two, and shop's."""
    spaces = Namespaces(f"codeb-{os.getpid()}-")
    try:
        for name in ("app", "world", "blog", "sibling", "shop"):
            spaces.add(name)
        _wire(spaces)
        spaces.run("app", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        spaces.run("app", "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
        for name in spaces.made:
            spaces.listen(name, PORTS)
        spaces.nft("app", DOCKER)
        until(lambda: len(spaces.opened("blog", [(INTERNET6, 443), (METADATA6, 443)])) == 2, "blog has the Internet")
        yield spaces
    finally:
        spaces.remove()


def _wire(spaces: Namespaces) -> None:
    spaces.cable(("app", "eth0"), ("world", "eth0"))
    spaces.ip("app", f"addr add {PUBLIC_APP}/24 dev eth0", f"addr add {APP}/8 dev eth0")
    spaces.ip("app", f"addr add {APP6}/64 dev eth0 nodad", "route add default via 203.0.113.2")
    spaces.ip("app", "-6 route add default via 2001:db8:a::2", "addr add 169.254.1.1/16 dev eth0")
    for address in (*WORLD, f"{METADATA}/16", f"{PRIVATE}/8"):
        spaces.ip("world", f"addr add {address} dev eth0")
    for address in ("2001:db8:a::2/64", f"{INTERNET6}/128", f"{METADATA6}/128"):
        spaces.ip("world", f"addr add {address} dev eth0 nodad")
    spaces.ip("world", f"route add 172.20.0.0/14 via {PUBLIC_APP}", f"-6 route add 2001:db8:c::/48 via {APP6}")
    for bridge, gateway in (("br-0a1b2c3d4e5f", "172.20.0.1"), ("br-f5e4d3c2b1a0", "172.20.0.17")):
        spaces.ip(
            "app", f"link add {bridge} type bridge", f"addr add {gateway}/28 dev {bridge}", f"link set {bridge} up"
        )
    spaces.ip("app", f"addr add {BRIDGE6}/64 dev br-0a1b2c3d4e5f nodad")
    _container(spaces, "blog", "br-0a1b2c3d4e5f", "172.20.0.2", "172.20.0.1")
    _container(spaces, "sibling", "br-0a1b2c3d4e5f", SIBLING, "172.20.0.1")
    _container(spaces, "shop", "br-f5e4d3c2b1a0", NEIGHBOUR, "172.20.0.17")
    spaces.ip("blog", "addr add 2001:db8:c::2/64 dev eth0 nodad", f"-6 route add default via {BRIDGE6}")


def _container(spaces: Namespaces, name: str, bridge: str, address: str, gateway: str) -> None:
    spaces.cable(("app", f"v{name}"), (name, "eth0"))
    spaces.ip("app", f"link set v{name} master {bridge}")
    spaces.ip(name, f"addr add {address}/28 dev eth0", f"route add default via {gateway}")


@pytest.fixture
def four(world: Namespaces) -> Namespaces:
    world.nft("app", rules(HOSTS))
    return world


@pytest.fixture
def one(world: Namespaces) -> Namespaces:
    world.nft("app", rules(ONE))
    return world


@pytest.mark.parametrize("hosts", [HOSTS, SIX, ONE], ids=["four", "an IPv6 one among four", "one"])
@pytest.mark.parametrize("networks", [[], ["192.0.2.0/24", "2001:db8::/32"]], ids=["closed", "both families"])
def test_the_kernel_takes_whatever_infra_toml_leads_to(
    world: Namespaces, hosts: dict[str, Any], networks: list[str]
) -> None:
    infra = Infra.parse({**declared(hosts), "admin_networks": networks, "ci_runners": networks})
    for name in infra.hosts:
        world.run("app", program(), "--check", "--file", "-", stdin=firewall.ruleset(infra, name))


def ports(spaces: Namespaces, name: str, address: str) -> set[int]:
    return {port for _, port in spaces.opened(name, [(address, port) for port in PORTS])}


def test_without_the_rules_everything_answers(world: Namespaces) -> None:
    """Or the drops below would prove nothing."""
    world.nft("app", "table inet codeb\ndelete table inet codeb\n")
    everywhere = (PUBLIC_APP, STORAGE, METADATA, METADATA6, PRIVATE, INTERNET, INTERNET6, NEIGHBOUR, APP6, BRIDGE6)
    targets: list[Target] = [(address, 443) for address in everywhere]
    assert world.opened("blog", targets) == set(targets)
    assert world.opened("world", [(PUBLIC_APP, 4100)]) == {(PUBLIC_APP, 4100)}


@pytest.mark.parametrize("address", [PUBLIC_APP, APP, "172.20.0.1", APP6, BRIDGE6])
def test_a_container_reaches_caddy_and_dns_on_its_host_and_nothing_else(four: Namespaces, address: str) -> None:
    reached = ports(four, "blog", address)
    assert reached - {80, 443} <= {53}
    assert (reached >= {80, 443}) == (address in (PUBLIC_APP, APP))


def test_a_container_reaches_its_databases_on_the_storage_host_and_nothing_else(four: Namespaces) -> None:
    assert ports(four, "blog", STORAGE) == {5432, 6379}
    assert ports(four, "blog", "203.0.113.3") == set()


@pytest.mark.parametrize("address", [STREAMING, BACKUP])
def test_a_container_reaches_of_the_other_hosts_what_everyone_reaches(four: Namespaces, address: str) -> None:
    assert ports(four, "blog", address) == {80, 443}


@pytest.mark.parametrize("address", [METADATA, METADATA6, PRIVATE, "10.0.0.4"])
def test_no_metadata_and_no_private_address_answers_a_container(four: Namespaces, address: str) -> None:
    assert ports(four, "blog", address) <= ({53} if address in (METADATA, PRIVATE) else set())


@pytest.mark.parametrize("address", [INTERNET, INTERNET6])
def test_a_container_has_the_internet(four: Namespaces, address: str) -> None:
    assert ports(four, "blog", address) == set(PORTS)


def test_a_project_reaches_its_own_containers_and_no_others(four: Namespaces) -> None:
    assert ports(four, "blog", SIBLING) == set(PORTS)
    assert ports(four, "blog", NEIGHBOUR) == set()
    assert ports(four, "blog", "172.20.0.17") <= {53}


def test_nothing_outside_reaches_a_container_not_even_one_that_is_published_everywhere(four: Namespaces) -> None:
    assert four.opened("world", [(PUBLIC_APP, 4100), ("172.20.0.2", 8080), ("2001:db8:c::2", 8080)]) == set()


def test_the_host_itself_reaches_its_containers(four: Namespaces) -> None:
    assert ports(four, "app", "172.20.0.2") == set(PORTS)


def test_strangers_reach_ssh_and_caddy(four: Namespaces) -> None:
    assert ports(four, "world", PUBLIC_APP) == {22, 80, 443}
    assert ports(four, "world", APP6) == {22, 80, 443}


def test_with_every_role_on_one_host_a_container_has_its_databases_and_nothing_else(one: Namespaces) -> None:
    assert ports(one, "blog", APP) == {53, 80, 443, 5432, 6379}
    assert ports(one, "blog", PUBLIC_APP) == {53, 80, 443}
    assert ports(one, "world", PUBLIC_APP) == {22, 80, 443}


def test_applying_them_again_leaves_dockers_rules_and_docker_coming_back_leaves_them(four: Namespaces) -> None:
    before = four.listed("app")
    four.nft("app", rules(HOSTS))
    assert four.listed("app") == before
    assert "dnat to 172.20.0.2:8080" in before
    four.nft("app", "delete table ip filter\ndelete table ip nat\n" + DOCKER)
    assert four.opened("blog", [(STORAGE, 5000), (METADATA, 80), (INTERNET, 443)]) == {(INTERNET, 443)}
    assert four.opened("world", [(PUBLIC_APP, 4100)]) == set()


def test_the_scan_sees_what_a_container_sees_and_leaves_nothing_behind(four: Namespaces, tmp_path: Path) -> None:
    engine = tmp_path / "docker"
    engine.write_text(ENGINE)
    engine.chmod(0o755)
    look = SshPortLook(cast(SshLook, InNamespace(four, "app", tmp_path)))
    targets = {(address, port) for address in (PUBLIC_APP, STORAGE, METADATA, "172.20.0.2") for port in PORTS}
    before = four.run("app", "ip", "-brief", "link")
    found = look.from_container(Infra.parse(declared(HOSTS)).hosts["app"], Ssh(), targets)
    assert found == {(PUBLIC_APP, 80), (PUBLIC_APP, 443), (STORAGE, 5432), (STORAGE, 6379)} | (
        {(PUBLIC_APP, 53), (METADATA, 53)}
    )
    assert four.run("app", "ip", "-brief", "link") == before


@dataclass
class InNamespace:
    """In SSH's place: the script runs there, with the engine of ``path``."""

    spaces: Namespaces
    name: str
    path: Path

    def ask(self, host: Host, ssh: Ssh, script: str) -> str:
        return self.spaces.run(self.name, "env", f"PATH={self.path}:{os.environ['PATH']}", "sh", "-s", stdin=script)
