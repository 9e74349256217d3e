"""The operator's hosts and choices, as infra.toml says them. Spec sections 1 and 9."""

import ipaddress
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, ValidationInfo, field_validator

from codeb.errors import ConfigError

Domain = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")]
HostName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s\",]+@[^@\s\",]+$", max_length=254)]
S3Engine = Literal["versitygw", "silo", "minio", "rustfs", "external"]
COMPONENTS = (
    *("alertmanager", "caddy", "centrifugo", "docker", "grafana"),
    *("mcli", "object_storage", "prometheus", "registry"),
)


class Role(StrEnum):
    APP = "app"
    STREAMING = "streaming"
    STORAGE = "storage"
    BACKUP = "backup"


PUBLIC_NAMES = {Role.APP: "api", Role.STREAMING: "ws", Role.STORAGE: "db", Role.BACKUP: "backup"}


_REASONS = {
    "extra_forbidden": "there is no such setting",
    "missing": "is not set",
    "tuple_type": "is a list: write it in [ ]",
}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ssh(_Section):
    """How the operator's machine reaches a host. Empty means: as the SSH configuration says."""

    user: str = "root"
    key: str = ""
    port: int = Field(default=22, ge=1, le=65535)
    known_hosts: str = ""
    strict_host_key_checking: Literal["yes", "accept-new"] = "accept-new"


class Host(_Section):
    address: str
    private_address: str = ""
    roles: tuple[Role, ...] = Field(min_length=1)
    ssh: Ssh | None = None

    @field_validator("address", "private_address")
    @classmethod
    def _address(cls, address: str, about: ValidationInfo) -> str:
        """Firewalls and access lists are written in addresses; a name would be whatever DNS says at that moment."""
        if not address and about.field_name == "private_address":
            return ""
        return str(ipaddress.ip_address(address))

    @property
    def private(self) -> str:
        """Where the other hosts reach it."""
        return self.private_address or self.address


class Component(_Section):
    """Where one third-party program comes from; empty fields keep the project's own choice."""

    source: Literal["apt", "vendor", "url", "none"] | None = None
    version: str = ""
    url: str = ""
    sha256: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = ""
    engine: S3Engine | None = None
    endpoint: Annotated[str, StringConstraints(pattern=r"^(https?://[A-Za-z0-9.-]+(:[0-9]+)?)?$")] = ""


class Releases(_Section):
    """What the operator decides about every project's releases."""

    grace_hours: float = Field(default=48, gt=0, le=720)
    preview_protection: bool = False
    min_free_mb: int = Field(default=1024, ge=0)


class Alerts(_Section):
    """Whom Alertmanager tells, and where the runbooks are. Passwords and tokens are in the operator's store."""

    webhook: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s\"@]+)?$", max_length=2000)] = ""
    mail_to: tuple[Mail, ...] = ()
    mail_from: Annotated[str, StringConstraints(pattern=r"^([^@\s\",]+@[^@\s\",]+)?$", max_length=254)] = ""
    smtp: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9.-]+:[0-9]{1,5})?$", max_length=260)] = ""
    smtp_user: Annotated[str, StringConstraints(pattern=r"^[^\s\"]*$", max_length=254)] = ""
    runbooks: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s\"#]+)?$", max_length=2000)] = ""


class Backups(_Section):
    """``keep_days``: of the databases, on the storage host; ``copies_days``: of all copies, on the backup host."""

    keep_days: int = Field(default=14, ge=1, le=3650)
    copies_days: int = Field(default=30, ge=1, le=3650)


class Infra(_Section):
    """The whole file. Paths in it are as written; the loader makes them absolute."""

    domain: Domain
    tls: Literal["acme", "internal", "off"] = "acme"
    acme_email: str = ""
    http_redirect: bool = True
    admin_networks: tuple[str, ...] = ()
    ci_runners: tuple[str, ...] = ()
    cors_origins: tuple[Origin, ...] = ()
    secrets_file: str = "secrets.json"
    artifact_mirror: str = ""
    wheelhouse: str = ""
    ssh: Ssh = Ssh()
    hosts: dict[HostName, Host] = Field(min_length=1)
    components: dict[str, Component] = {}
    releases: Releases = Releases()
    alerts: Alerts = Alerts()
    backups: Backups = Backups()
    audit_days: int = Field(default=400, ge=30, le=36_500)

    @field_validator("admin_networks", "ci_runners")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_network(network)) for network in networks)

    @field_validator("components")
    @classmethod
    def _components(cls, components: dict[str, Component]) -> dict[str, Component]:
        for name in components:
            if name not in COMPONENTS:
                raise ValueError(f"there is no {name!r}; there are {', '.join(COMPONENTS)}")
        return components

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Infra":
        """Check what a TOML file holds; raises ConfigError that names the key and what is wrong with it."""
        try:
            infra = cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"] if part != "[key]")
            reason = _REASONS.get(first["type"], first["msg"].removeprefix("Value error, "))
            raise ConfigError(f"infra.toml: {key}: {reason}") from None
        infra.require_roles()
        infra.require_inner_network()
        infra.require_endpoint()
        infra.require_mail_server()
        if infra.tls == "acme" and not re.fullmatch(r"[^@\s]+@[^@\s]+", infra.acme_email):
            raise ConfigError("infra.toml: acme_email: an address is needed for certificates (or set tls)")
        return infra

    def require_roles(self) -> None:
        for role in Role:
            if len(self.with_role(role)) != 1:
                raise ConfigError(f"infra.toml: hosts: exactly one host must have the role {role}")

    def require_inner_network(self) -> None:
        for name, host in self.hosts.items():
            if ":" in host.private:
                raise ConfigError(
                    f"infra.toml: hosts.{name}.private_address: an IPv4 address is needed, by which the hosts reach"
                    " each other"
                )

    def require_endpoint(self) -> None:
        external = self.s3_engine == "external"
        if external != bool(self.component("object_storage").endpoint):
            said = "is not set: where is your S3?" if external else 'is for engine = "external" only'
            raise ConfigError(f"infra.toml: components.object_storage.endpoint: {said}")

    def require_mail_server(self) -> None:
        if self.alerts.mail_to and not self.alerts.smtp:
            raise ConfigError('infra.toml: alerts.smtp: mail_to needs a mail server, such as "mail.example.org:587"')

    def with_role(self, role: Role) -> list[str]:
        return [name for name, host in self.hosts.items() if role in host.roles]

    def host_with(self, role: Role) -> str:
        """The name of the host that has ``role``."""
        return self.with_role(role)[0]

    def address_of(self, role: Role) -> str:
        """Where the other hosts reach the host with ``role``."""
        return self.hosts[self.host_with(role)].private

    def public_name(self, role: Role) -> str:
        return f"{PUBLIC_NAMES[role]}.{self.domain}"

    @property
    def registry(self) -> str:
        return f"{self.public_name(Role.STORAGE)}:5000"

    @property
    def s3_engine(self) -> S3Engine:
        return self.component("object_storage").engine or "versitygw"

    @property
    def s3_endpoint(self) -> str:
        """Where object storage answers, ours or the operator's own."""
        return self.component("object_storage").endpoint or f"https://{self.public_name(Role.STORAGE)}:9000"

    def component(self, name: str) -> Component:
        return self.components.get(name, Component())

    def ssh_of(self, name: str) -> Ssh:
        return self.hosts[name].ssh or self.ssh
