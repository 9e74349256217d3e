"""Do the public names lead to the hosts, seen from the operator's machine and from the hosts that use them?"""

from collections.abc import Iterator, Mapping, Sequence

from codeb.domain.host_facts import Finding, Level
from codeb.domain.infra import Infra, Role

Addresses = Mapping[str, Sequence[str]]

_CERTIFIED = (Role.APP, Role.STREAMING, Role.BACKUP)
_ANY = "codeb-check."
_NEEDED: dict[Role, tuple[Role, ...]] = {Role.APP: (Role.STORAGE,), Role.BACKUP: _CERTIFIED}
"""A role's host asks by these roles' names: images from the registry, and whether the public sites answer."""


def public_names(infra: Infra) -> dict[str, Role]:
    """Every name that people use, and whose host it leads to. The last two stand for any project's."""
    sites = {f"{_ANY}{infra.domain}": Role.APP, f"{_ANY}preview.{infra.domain}": Role.APP}
    return {infra.public_name(role): role for role in Role} | sites


def names_needed_on(infra: Infra, host: str) -> dict[str, Role]:
    roles = infra.hosts[host].roles
    return {infra.public_name(named): named for role in roles for named in _NEEDED.get(role, ())}


def judge_names_here(infra: Infra, found: Addresses) -> Iterator[Finding]:
    """As the operator's machine sees them, and most likely everybody."""
    for name, role in public_names(infra).items():
        host, wrong = infra.host_with(role), _wrong(infra, name, found)
        if wrong and infra.tls == "acme" and role in _CERTIFIED and not name.startswith(_ANY):
            yield Finding(host, "DNS", Level.PROBLEM, f"from here, {wrong}; without it there is no certificate")
        elif wrong:
            yield Finding(host, "DNS", Level.WARNING, f"from here, {wrong}")
        else:
            yield Finding(host, "DNS", Level.OK, f"from here, {name} leads to it")


def judge_names_there(infra: Infra, host: str, found: Addresses) -> Iterator[Finding]:
    """As a host sees those that it uses."""
    for name, role in names_needed_on(infra, host).items():
        wrong = _wrong(infra, name, found)
        if wrong and role is Role.STORAGE:
            yield Finding(host, "DNS", Level.PROBLEM, f"from {host}, {wrong}; the engine pulls images by it")
        elif wrong:
            yield Finding(host, "DNS", Level.WARNING, f"from {host}, {wrong}; it is watched from there")
        else:
            yield Finding(host, "DNS", Level.OK, f"from {host}, {name} leads to {infra.host_with(role)}")


def _wrong(infra: Infra, name: str, found: Addresses) -> str:
    """What is wrong with where ``name`` leads, and the record that mends it; empty when nothing is."""
    target = infra.hosts[infra.host_with(public_names(infra)[name])]
    addresses = set(found.get(name, ()))
    strange = sorted(addresses - {target.address, target.private})
    record = f"{'AAAA' if ':' in target.address else 'A'} {name.replace(_ANY, '*.', 1)} {target.address}"
    if not addresses:
        return f"{name} has no address: add the DNS record {record}"
    if len(strange) == len(addresses):
        return f"{name} leads to {', '.join(strange)}: its DNS record is to be {record}"
    return f"{name} leads to {', '.join(strange)} too: leave {target.address} alone in its DNS" if strange else ""
