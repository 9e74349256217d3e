"""The nftables rules of a host, made from the one table of who may talk to whom. Spec section 9, security row 2."""

from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import DeployError

from codeb.domain.infra import Infra, Role
from codeb.domain.reach import CONTAINER_NETWORKS, Rule, container_rules, rules
from deploys.operations import debian, managed, survey
from deploys.operations.interfaces import DefaultInterfaces
from deploys.operations.managed import Directory, File
from deploys.platform import current
from deploys.rendering import render

UNIT = "codeb-firewall.service"
BESIDE = "/etc/systemd/system/nftables.service.d"
"""Debian's own unit, which flushes every table where somebody has enabled it."""
INNER = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
    *("::/96", "::ffff:0:0/96", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
)
"""No public addresses: private, link-local (a cloud's metadata address is one), shared, translated, multicast."""


def ruleset(infra: Infra, name: str) -> str:
    """A file for ``nft -f``: it replaces our own table in one step and leaves Docker's alone."""
    return render(
        "firewall/codeb.nft.j2",
        rules=list(dict.fromkeys(rules(infra, name))),
        networks=CONTAINER_NETWORKS if Role.APP in infra.hosts[name].roles else "",
        here=list(dict.fromkeys(container_rules(infra, name))),
        elsewhere=_elsewhere(infra, name),
        hosts=list(dict.fromkeys(a for each in infra.hosts.values() for a in (each.address, each.private))),
        inner=INNER,
    )


def _elsewhere(infra: Infra, name: str) -> list[Rule]:
    found = (rule for other in infra.hosts if other != name for rule in container_rules(infra, other))
    return list(dict.fromkeys(found))


@deploy("Firewall")
def firewall() -> None:
    """What the table does not list is dropped. Connections that are open stay open."""
    infra, here = current().infra, current().here()
    if Role.APP in here.roles:
        _require_a_way_out(here.name, survey.ask(DefaultInterfaces))
    text, unit = ruleset(infra, here.name), render("firewall/codeb-firewall.service.j2")
    again = render("firewall/nftables.conf.j2")
    debian.packages(name="Install nftables", packages=["nftables"])
    files = managed.files(
        name="Write the rules",
        directories=[Directory("/etc/codeb", "0755"), Directory(BESIDE, "0755")],
        files=[
            File("/etc/codeb/firewall.nft", text, "0640"),
            File(f"/etc/systemd/system/{UNIT}", unit),
            File(f"{BESIDE}/codeb.conf", again),
        ],
    )
    managed.service(
        name="Apply the rules", service=UNIT, stamp=managed.stamp(text, unit, again), changed_by=[files], reload=True
    )


def _require_a_way_out(name: str, interfaces: list[str]) -> None:
    """The rules know containers by the names of Docker's bridges; a way out of such a name would lock people out."""
    for interface in interfaces:
        if interface.startswith(("br-", "docker")):
            raise DeployError(
                f"{name} reaches the world by {interface}, a name like those of Docker's networks: the firewall would"
                " take whoever comes that way for a container; rename the interface first"
            )
