"""What answers from where, held against the table of who may talk to whom. Spec section 9, ``codeb hosts ports``."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from codeb.domain.infra import Infra
from codeb.domain.reach import SSH, admitted, admitted_to_containers

HERE, CONTAINER = "this machine", "a container"
METADATA = "169.254.169.254"
ALWAYS_TRIED = frozenset({SSH, 2019, 2375, 2376})
"""SSH, Caddy's admin API and the engine's, wherever they would be; the table and what listens come on top."""
_DNS = 53


class Kind(StrEnum):
    """Only ``silent`` is no difference: nothing listens on a port that the table opens."""

    OPEN = "open"
    CLOSED = "closed"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class View:
    """What ``origin`` was to find and found at one address of a host."""

    origin: str
    host: str
    address: str
    admitted: frozenset[int]
    tried: frozenset[int]
    open: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    origin: str
    host: str
    address: str
    port: int
    kind: Kind
    message: str

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        where = {"from": self.origin, "host": self.host, "address": self.address, "port": self.port}
        return {**where, "kind": str(self.kind), "message": self.message}


def views(
    infra: Infra, listening: Mapping[str, Mapping[int, str]], clients: Mapping[str, str], app: str | None
) -> Iterator[View]:
    """Everything that has to be tried. ``listening`` has the hosts that answer; ``clients`` as whom each sees us."""
    for name in listening:
        host = infra.hosts[name]
        tried = _tried(infra, name, listening[name])
        yield View(HERE, name, host.address, frozenset(admitted(infra, name, clients[name])), tried)
        for other in listening.keys() - {name}:
            may = admitted(infra, name, infra.hosts[other].private)
            yield View(other, name, host.private, frozenset(may), tried)
        for address in dict.fromkeys((host.address, host.private)) if app else ():
            may = admitted_to_containers(infra, name, address)
            # Containers may ask any server for names; whether one is there says nothing about the rules.
            yield View(CONTAINER, name, address, frozenset(may), tried - {_DNS})
    if app:
        yield View(CONTAINER, "the cloud's metadata", METADATA, frozenset(), frozenset({80}))


def _tried(infra: Infra, name: str, listening: Collection[int]) -> frozenset[int]:
    ours = {port for other in infra.hosts.values() for port in admitted(infra, name, other.private)}
    return frozenset(ours | ALWAYS_TRIED | set(listening))


def differences(view: View, listening: Mapping[int, str]) -> Iterator[Difference]:
    """What is open and should not be, and what is closed and should be open, by port."""
    for port in sorted(view.open - view.admitted):
        yield _difference(view, port, Kind.OPEN, f"{_named(port, listening)} answers {view.origin}, and must not")
    for port in sorted((view.admitted & view.tried) - view.open):
        if port in listening:
            said = f"{_named(port, listening)} does not answer {view.origin}, and should: look at the rules there"
            yield _difference(view, port, Kind.CLOSED, f"{said} (`nft list table inet codeb`) and at the provider's")


def silent(infra: Infra, name: str, listening: Mapping[int, str]) -> Iterator[Difference]:
    """Ports that the table opens to another host or to everyone, and that nobody listens on."""
    opened = {port for other in infra.hosts.values() for port in admitted(infra, name, other.private)}
    address, ssh = infra.hosts[name].address, infra.ssh_of(name).port
    for port in sorted(opened - listening.keys() - ({SSH} if ssh != SSH else set())):
        said = f"nothing listens on port {port}, which the table opens"
        yield Difference("the table", name, address, port, Kind.SILENT, said)


def _difference(view: View, port: int, kind: Kind, message: str) -> Difference:
    return Difference(view.origin, view.host, view.address, port, kind, f"{view.address}: {message}")


def _named(port: int, listening: Mapping[int, str]) -> str:
    program = listening.get(port, "")
    return f"port {port} ({program})" if program else f"port {port}"
