"""Try every port from every place at once, and compare what answers with the table. Spec section 9.

TCP only: UDP that is dropped and UDP that nobody answers look the same.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain

from codeb.domain.host_facts import Finding, Level, Unreached
from codeb.domain.host_reach import unreached
from codeb.domain.infra import Infra, Role, Ssh
from codeb.domain.port_views import CONTAINER, HERE, Difference, Kind, View, differences, silent, views
from codeb.services.protocols.port_look import Listening, PortLook, Target

SshOf = Callable[[str], Ssh]


@dataclass(frozen=True, slots=True)
class Scan:
    """``unseen`` are the places that could not be looked at, or from; ``tried`` counts connections."""

    differences: Sequence[Difference]
    unseen: Sequence[Finding]
    tried: int

    @property
    def as_declared(self) -> bool:
        return not self.unseen and all(each.kind is Kind.SILENT for each in self.differences)


def check_ports(infra: Infra, *, look: PortLook, ssh_of: SshOf) -> Scan:
    """From this machine, from each host, and from inside a container: what answers and should not, and the reverse."""
    with ThreadPoolExecutor(len(infra.hosts)) as pool:
        names = list(infra.hosts)
        found = dict(
            zip(names, pool.map(lambda name: look.listening(infra.hosts[name], ssh_of(name)), names), strict=True)
        )
    seen = {name: each for name, each in found.items() if isinstance(each, Listening)}
    lost = {name: each for name, each in found.items() if isinstance(each, Unreached)}
    wanted = list(_wanted(infra, seen))
    looked, blind = _look(infra, wanted, look, ssh_of)
    listening = {name: each.ports for name, each in seen.items()}
    told = chain(
        *(differences(view, listening.get(view.host, {})) for view in looked),
        *(silent(infra, name, ports) for name, ports in listening.items()),
    )
    unseen = [_finding(infra, ssh_of, name, each) for name, each in lost.items()]
    unseen += [_finding(infra, ssh_of, origin, each) for origin, each in blind.items()]
    return Scan(list(told), unseen, sum(len(view.tried) for view in looked))


def _wanted(infra: Infra, seen: Mapping[str, Listening]) -> Sequence[View]:
    app = infra.host_with(Role.APP)
    clients = {name: each.client for name, each in seen.items()}
    return list(views(infra, {name: each.ports for name, each in seen.items()}, clients, app if app in seen else None))


def _look(
    infra: Infra, wanted: Sequence[View], look: PortLook, ssh_of: SshOf
) -> tuple[list[View], dict[str, Unreached]]:
    """The views with what was open, and the places from which nothing could be tried."""
    by_origin: dict[str, set[Target]] = {}
    for view in wanted:
        by_origin.setdefault(view.origin, set()).update((view.address, port) for port in view.tried)

    def tried(origin: str) -> set[Target] | Unreached:
        return _from(origin, infra, by_origin[origin], look, ssh_of)

    with ThreadPoolExecutor(max(1, len(by_origin))) as pool:
        answers = dict(zip(by_origin, pool.map(tried, by_origin), strict=True))
    blind = {origin: answer for origin, answer in answers.items() if isinstance(answer, Unreached)}
    looked = [
        replace(view, open=frozenset(port for port in view.tried if (view.address, port) in answer))
        for view in wanted
        if not isinstance(answer := answers[view.origin], Unreached)
    ]
    return looked, blind


def _from(
    origin: str, infra: Infra, targets: Collection[Target], look: PortLook, ssh_of: SshOf
) -> set[Target] | Unreached:
    if origin == HERE:
        return look.from_here(targets)
    if origin == CONTAINER:
        app = infra.host_with(Role.APP)
        return look.from_container(infra.hosts[app], ssh_of(app), targets)
    return look.from_host(infra.hosts[origin], ssh_of(origin), targets)


def _finding(infra: Infra, ssh_of: SshOf, name: str, found: Unreached) -> Finding:
    if name == CONTAINER:
        app = infra.host_with(Role.APP)
        message = f"nothing could be tried from inside a container: {found.detail or found.trouble}"
        return Finding(app, "container", Level.PROBLEM, message)
    return Finding(name, "SSH", Level.PROBLEM, unreached(infra.hosts[name], ssh_of(name), found))
