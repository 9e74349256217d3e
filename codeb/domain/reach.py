"""Who may talk to whom: one table, and what it means for one host. Spec section 9, security row 2.

The firewall of every host is made of it (``deploys/components/firewall.py``), and ``codeb hosts ports`` compares with
it what really answers.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from codeb.domain.infra import Infra, Role

Source = Role | Literal["everyone", "containers", "admin", "ci"]
SSH = 22
OBJECT_STORAGE = 9000
COPIES = 9443
"""Where the backup host takes copies of backups."""
CONTAINER_NETWORKS = "172.20.0.0/14"
"""Where the engine takes the networks of projects from: 16,384 of /28. It skips what the host routes elsewhere."""


@dataclass(frozen=True, slots=True)
class Row:
    """``sources`` may reach ``port`` of the hosts with ``role``; None is every host.

    ``everyone`` is whoever comes over a network. Containers of projects are never among them: they reach what names
    ``containers``, on the app host itself and on the others.
    """

    role: Role | None
    port: int
    sources: tuple[Source, ...]
    what: str
    protocol: Literal["tcp", "udp"] = "tcp"


@dataclass(frozen=True, slots=True)
class Rule:
    """One accepting line: ``addresses`` empty stands for everyone."""

    protocol: str
    port: int
    addresses: tuple[str, ...]
    what: str

    def admits(self, address: str) -> bool:
        """Whether who comes by ``address`` gets in; an empty one is somebody's whom nobody knows."""
        if not self.addresses or not address:
            return not self.addresses
        asking = ipaddress.ip_address(address)
        return any(asking in ipaddress.ip_network(network) for network in self.addresses)


_PUBLIC = (Role.APP, Role.STREAMING, Role.BACKUP)
TABLE = (
    Row(None, SSH, ("everyone",), "SSH, by key"),
    Row(None, 9999, (Role.BACKUP,), "metrics of the host's exporters"),
    *(Row(role, 80, ("everyone", "containers"), "Caddy") for role in _PUBLIC),
    *(Row(role, 443, ("everyone", "containers", "ci"), "Caddy") for role in _PUBLIC),
    *(Row(role, 443, ("everyone", "containers"), "Caddy, HTTP/3", "udp") for role in _PUBLIC),
    Row(Role.APP, 9101, ("admin",), "the API"),
    Row(Role.STREAMING, 8000, ("admin",), "Centrifugo"),
    Row(Role.STREAMING, 8001, (Role.APP,), "Centrifugo's API"),
    Row(Role.STORAGE, 5432, (Role.APP, "containers"), "PostgreSQL"),
    Row(Role.STORAGE, 6379, (Role.APP, "containers"), "Redis"),
    Row(Role.STORAGE, 5000, (Role.APP, "admin", "ci"), "the registry"),
    Row(Role.STORAGE, OBJECT_STORAGE, (Role.APP, Role.BACKUP, "admin", "ci"), "object storage"),
    Row(Role.BACKUP, COPIES, (Role.STORAGE, Role.APP), "copies of backups"),
    Row(Role.BACKUP, 9090, ("admin",), "Prometheus"),
    Row(Role.BACKUP, 3000, ("admin",), "Grafana"),
)


def rules(infra: Infra, name: str) -> Iterator[Rule]:
    """What one host accepts over a network, with addresses for roles. Rows that nobody may use are left out."""
    for row in _rows(infra, name):
        if row.port == SSH and (port := infra.ssh_of(name).port) != SSH:
            yield Rule(row.protocol, port, (), "SSH, as infra.toml says")
        if "everyone" in row.sources:
            yield Rule(row.protocol, row.port, (), row.what)
            continue
        addresses = tuple(dict.fromkeys(address for source in row.sources for address in _addresses(infra, source)))
        if addresses:
            yield Rule(row.protocol, row.port, addresses, row.what)


def container_rules(infra: Infra, name: str) -> Iterator[Rule]:
    """What the containers of projects may reach on one host, by which of that host's addresses.

    What everyone reaches they reach by its public address, the rest by the inner one.
    """
    host = infra.hosts[name]
    public = (host.address, host.private) if Role.APP in host.roles else (host.address,)
    for row in _rows(infra, name):
        if "containers" in row.sources:
            addresses = public if "everyone" in row.sources else (host.private,)
            yield Rule(row.protocol, row.port, tuple(dict.fromkeys(addresses)), row.what)


def admitted(infra: Infra, name: str, address: str) -> set[int]:
    """The TCP ports of a host that ``address`` may reach over a network."""
    return {rule.port for rule in rules(infra, name) if rule.protocol == "tcp" and rule.admits(address)}


def admitted_to_containers(infra: Infra, name: str, address: str) -> set[int]:
    """The TCP ports that the containers of projects may reach at one of a host's addresses."""
    return {rule.port for rule in container_rules(infra, name) if rule.protocol == "tcp" and address in rule.addresses}


def _rows(infra: Infra, name: str) -> Iterator[Row]:
    for row in TABLE:
        here = row.role is None or row.role in infra.hosts[name].roles
        if here and not (row.port == OBJECT_STORAGE and infra.s3_engine == "external"):
            yield row


def _addresses(infra: Infra, source: Source) -> tuple[str, ...]:
    if isinstance(source, Role):
        return (infra.address_of(source),)
    return {"admin": infra.admin_networks, "ci": infra.ci_runners}.get(source, ())
