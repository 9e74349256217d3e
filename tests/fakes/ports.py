"""Hosts whose firewalls do what the table says, or not."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from codeb.domain.host_facts import Trouble, Unreached
from codeb.domain.infra import Host, Infra, Ssh
from codeb.domain.reach import admitted, admitted_to_containers
from codeb.services.protocols.port_look import Listening, Target


@dataclass
class FakePortLook:
    """``opened`` and ``closed`` are (origin, address, port) that differ from the table; ``away`` does not answer."""

    infra: Infra
    listens: dict[str, dict[int, str]]
    client: str = "198.51.100.50"
    opened: set[tuple[str, str, int]] = field(default_factory=set)
    closed: set[tuple[str, str, int]] = field(default_factory=set)
    away: str = ""
    no_container: bool = False
    tried: dict[str, set[Target]] = field(default_factory=dict)

    def listening(self, host: Host, ssh: Ssh) -> Listening | Unreached:
        name = self._name(host.address)
        return Unreached(Trouble.NO_ANSWER) if name == self.away else Listening(self.listens[name], self.client)

    def from_here(self, targets: Collection[Target]) -> set[Target]:
        return self._answer("here", targets, lambda name, _: admitted(self.infra, name, self.client))

    def from_host(self, host: Host, ssh: Ssh, targets: Collection[Target]) -> set[Target] | Unreached:
        origin = self._name(host.address)
        return self._answer(origin, targets, lambda name, _: admitted(self.infra, name, host.private))

    def from_container(self, host: Host, ssh: Ssh, targets: Collection[Target]) -> set[Target] | Unreached:
        if self.no_container:
            return Unreached(Trouble.OTHER, "docker: not found")
        return self._answer("container", targets, lambda name, at: admitted_to_containers(self.infra, name, at))

    def _answer(self, origin: str, targets: Collection[Target], may: Callable[[str, str], set[int]]) -> set[Target]:
        self.tried[origin] = set(targets)
        found: set[Target] = set()
        for address, port in targets:
            name = self._name(address)
            by_table = bool(name) and port in may(name, address) and port in self.listens[name]
            odd = (origin, address, port)
            if (by_table and odd not in self.closed) or odd in self.opened:
                found.add((address, port))
        return found

    def _name(self, address: str) -> str:
        return next((n for n, host in self.infra.hosts.items() if address in (host.address, host.private)), "")
