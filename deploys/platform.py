"""The platform as the operator declared it: hosts, choices, secrets, certificates. What every component reads."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pyinfra import host as current_host

from codeb import infra_file
from codeb.domain.infra import PUBLIC_NAMES, Infra, Role
from codeb.secret_store import SecretStore
from deploys.certificates import CertificateAuthority, Pair


@dataclass(frozen=True, slots=True)
class HostSpec:
    name: str
    address: str
    private: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Platform:
    infra: Infra
    secrets: SecretStore
    ca: CertificateAuthority

    def host(self, name: str) -> HostSpec:
        spec = self.infra.hosts[name]
        return HostSpec(name, spec.address, spec.private, spec.roles)

    def hosts(self) -> list[HostSpec]:
        return [self.host(name) for name in self.infra.hosts]

    def one(self, role: Role | str) -> HostSpec:
        """The host that has the role."""
        return self.host(self.infra.host_with(Role(role)))

    def here(self) -> HostSpec:
        """The host that pyinfra works on right now."""
        return self.host(current_host.name)

    def names(self, host: HostSpec) -> list[str]:
        """The names and addresses under which the host's own services answer, without the one of each site."""
        public = [f"{PUBLIC_NAMES[role]}.{self.infra.domain}" for role in host.roles]
        return sorted({"localhost", "127.0.0.1", host.name, host.address, host.private, *public})

    def authority(self, host: HostSpec) -> Pair:
        """What the host signs its own certificate with."""
        return self.ca.authority(host.name, self.names(host))

    @property
    def wheelhouse(self) -> Path | None:
        return infra_file.beside(self.infra.wheelhouse) if self.infra.wheelhouse else None


@cache
def current() -> Platform:
    """Read once per run; raises ConfigError in a sentence."""
    infra = infra_file.load()
    store = SecretStore.of(infra)
    return Platform(infra, store, CertificateAuthority(store, infra.domain))
