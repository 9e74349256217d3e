"""Looking at ports from several places at once, for ``codeb hosts ports``."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from codeb.domain.host_facts import Unreached
from codeb.domain.infra import Host, Ssh

Target = tuple[str, int]
"""An address and a TCP port."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The host's TCP ports with the programs on them, and the address by which it sees this machine, if it can tell."""

    ports: Mapping[int, str]
    client: str


class PortLook(Protocol):
    """Answers are the targets that could be connected to."""

    def listening(self, host: Host, ssh: Ssh) -> Listening | Unreached: ...

    def from_here(self, targets: Collection[Target]) -> set[Target]: ...

    def from_host(self, host: Host, ssh: Ssh, targets: Collection[Target]) -> set[Target] | Unreached: ...

    def from_container(self, host: Host, ssh: Ssh, targets: Collection[Target]) -> set[Target] | Unreached:
        """From a network such as projects get, on the app host. Nothing of it is left afterwards."""
        ...
