"""Who may talk to whom: one table, and the nftables rules of a host made from it. Spec section 9."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pyinfra.api.deploy import deploy

from codeb.domain.infra import Infra, Role
from deploys.operations import debian, managed
from deploys.operations.managed import Directory, File
from deploys.platform import current
from deploys.rendering import render

Source = Role | Literal["everyone", "admin"]
UNIT = "codeb-firewall.service"
SSH = 22
OBJECT_STORAGE = 9000


@dataclass(frozen=True, slots=True)
class Row:
    """``sources`` may reach ``port`` of the hosts with ``role``; None is every host."""

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


_PUBLIC = (Role.APP, Role.STREAMING, Role.BACKUP)
TABLE = (
    Row(None, SSH, ("everyone",), "SSH, by key"),
    Row(None, 9999, (Role.BACKUP,), "metrics of the host's exporters"),
    *(Row(role, 80, ("everyone",), "Caddy") for role in _PUBLIC),
    *(Row(role, 443, ("everyone",), "Caddy") for role in _PUBLIC),
    *(Row(role, 443, ("everyone",), "Caddy, HTTP/3", "udp") for role in _PUBLIC),
    Row(Role.APP, 9101, (Role.BACKUP, "admin"), "the API"),
    Row(Role.STREAMING, 8000, ("admin",), "Centrifugo"),
    Row(Role.STREAMING, 8001, (Role.APP,), "Centrifugo's API"),
    Row(Role.STORAGE, 5432, (Role.APP,), "PostgreSQL"),
    Row(Role.STORAGE, 6379, (Role.APP,), "Redis"),
    Row(Role.STORAGE, 5000, (Role.APP, "admin"), "the registry"),
    Row(Role.STORAGE, OBJECT_STORAGE, (Role.APP, Role.BACKUP, "admin"), "object storage"),
    Row(Role.BACKUP, 9090, ("admin",), "Prometheus"),
    Row(Role.BACKUP, 3000, ("admin",), "Grafana"),
)


def rules(infra: Infra, name: str) -> Iterator[Rule]:
    """The table's rows for one host, with addresses for roles. Rows that nobody may use are left out."""
    roles = infra.hosts[name].roles
    for row in TABLE:
        if row.role is not None and row.role not in roles:
            continue
        if row.port == OBJECT_STORAGE and infra.s3_engine == "external":
            continue
        if row.port == SSH and (port := infra.ssh_of(name).port) != SSH:
            yield Rule(row.protocol, port, (), "SSH, as infra.toml says")
        if "everyone" in row.sources:
            yield Rule(row.protocol, row.port, (), row.what)
            continue
        addresses = tuple(dict.fromkeys(address for source in row.sources for address in _addresses(infra, source)))
        if addresses:
            yield Rule(row.protocol, row.port, addresses, row.what)


def _addresses(infra: Infra, source: Source) -> tuple[str, ...]:
    if isinstance(source, Role):
        return (infra.address_of(source),)
    return infra.admin_networks if source == "admin" else ()


def ruleset(infra: Infra, name: str) -> str:
    """A file for ``nft -f``: it replaces our own table in one step and leaves Docker's alone."""
    return render("firewall/codeb.nft.j2", rules=list(dict.fromkeys(rules(infra, name))))


@deploy("Firewall")
def firewall() -> None:
    """What the table does not list is dropped. Connections that are open stay open."""
    infra, here = current().infra, current().here()
    text, unit = ruleset(infra, here.name), render("firewall/codeb-firewall.service.j2")
    debian.packages(name="Install nftables", packages=["nftables"])
    files = managed.files(
        name="Write the rules",
        directories=[Directory("/etc/codeb", "0755")],
        files=[File("/etc/codeb/firewall.nft", text, "0640"), File(f"/etc/systemd/system/{UNIT}", unit)],
    )
    managed.service(
        name="Apply the rules", service=UNIT, stamp=managed.stamp(text, unit), changed_by=[files], reload=True
    )
