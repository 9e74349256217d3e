"""Settings of the process, read once from a mapping (the environment). Spec sections 6-8, design section 1."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from codeb import setting_values as values
from codeb.setting_values import Address, Reader, Secret

__all__ = ["Address", "Database", "Redis", "Secret", "Settings", "database_of"]
TlsMode = Literal["acme", "internal", "off"]


@dataclass(frozen=True, slots=True)
class Database:
    host: str
    port: int
    name: str
    user: str
    password: Secret
    sslmode: str
    sslrootcert: str
    owner: str = ""
    """The role that owns the schema, migrates it and prunes the audit; empty: this very one. Security 17."""
    runtime: str = ""
    """Told to the owner: the role of the API, which is granted what it needs and no more."""

    @property
    def owned(self) -> bool:
        return self.owner in ("", self.user)


@dataclass(frozen=True, slots=True)
class Redis:
    """Where users of projects are made."""

    host: str
    port: int
    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the library needs to know of its host. Build it with :meth:`load`."""

    env: Literal["production", "development"]
    domain: str
    cors_origins: tuple[str, ...]
    listen: tuple[Address, ...]
    internal_listen: tuple[Address, ...]
    root: Path
    caddy_sites: Path
    caddy_file: Path
    caddy_admin: str
    tls: TlsMode
    http_redirect: bool
    http_port: int
    https_port: int
    registry: str
    registry_username: str
    registry_password: Secret
    registry_token_key: Path | None
    s3_endpoint: str
    s3_access_key: Secret
    s3_secret_key: Secret
    s3_projects_key: Secret
    image_prefixes: tuple[str, ...]
    database: Database
    probe_secret: Secret
    env_key: Secret
    env_key_previous: tuple[Secret, ...]
    grace_hours: float
    preview_protection: bool
    min_free_mb: int
    platform_hosts: tuple[str, ...]
    provision_database: Database | None
    redis: Redis | None
    public_address: str
    dns_resolver: Address | None
    certificates_per_week: int
    git_api_url: str
    git_token: Secret
    centrifugo_url: str
    centrifugo_api_key: Secret
    centrifugo_token_secret: Secret
    ca_file: str

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> "Settings":
        """Read every setting; raises ConfigError with the variable's name and what is wrong with it."""
        read = Reader(environ)
        development = "development" in (environ.get("CODEB_ENV"), environ.get("NODE_ENV"))
        return cls(
            env="development" if development and environ.get("CODEB_ENV") != "production" else "production",
            domain=read.text("CODEB_DOMAIN"),
            cors_origins=read.many("CODEB_CORS_ORIGINS", values.origin, ""),
            listen=read.many("CODEB_LISTEN", Address.parse, "127.0.0.1:9101"),
            internal_listen=read.many("CODEB_INTERNAL_LISTEN", Address.parse, "127.0.0.1:9102"),
            root=Path(read.text("CODEB_ROOT", "/opt/codeb")),
            caddy_sites=Path(read.text("CODEB_CADDY_SITES", "/etc/caddy/sites")),
            caddy_file=Path(read.text("CODEB_CADDY_FILE", "/etc/caddy/Caddyfile")),
            caddy_admin=read.text("CODEB_CADDY_ADMIN", "/run/caddy/admin.sock"),
            tls=cast(TlsMode, read.one_of("CODEB_TLS", ("acme", "internal", "off"), "acme")),
            http_redirect=read.one_of("CODEB_HTTP_REDIRECT", ("true", "false"), "true") == "true",
            http_port=read.parsed("CODEB_HTTP_PORT", int, "80"),
            https_port=read.parsed("CODEB_HTTPS_PORT", int, "443"),
            registry=read.text("CODEB_REGISTRY"),
            registry_username=read.text("CODEB_REGISTRY_USERNAME", ""),
            registry_password=Secret(read.text("CODEB_REGISTRY_PASSWORD", "")),
            registry_token_key=read.parsed("CODEB_REGISTRY_TOKEN_KEY", values.path, ""),
            s3_endpoint=read.text("CODEB_S3_ENDPOINT", ""),
            s3_access_key=Secret(read.text("CODEB_S3_ACCESS_KEY", "")),
            s3_projects_key=Secret(read.text("CODEB_S3_PROJECTS_KEY", "")),
            s3_secret_key=Secret(read.text("CODEB_S3_SECRET_KEY", "")),
            image_prefixes=read.many("CODEB_IMAGE_PREFIXES", str.strip, ""),
            database=_database(read),
            probe_secret=Secret(read.text("CODEB_PROBE_SECRET")),
            env_key=Secret(read.text("CODEB_ENV_KEY")),
            env_key_previous=read.many("CODEB_ENV_KEY_PREVIOUS", values.secret, ""),
            grace_hours=read.parsed("CODEB_GRACE_HOURS", values.hours, "48"),
            preview_protection=read.one_of("CODEB_PREVIEW_PROTECTION", ("true", "false"), "false") == "true",
            min_free_mb=read.parsed("CODEB_MIN_FREE_MB", int, "1024"),
            platform_hosts=read.many("CODEB_PLATFORM_HOSTS", str.strip, ""),
            provision_database=_provision_database(read),
            redis=_redis(read),
            public_address=read.parsed("CODEB_PUBLIC_ADDRESS", values.ip_address, ""),
            dns_resolver=read.parsed("CODEB_DNS_RESOLVER", values.resolver, ""),
            certificates_per_week=read.parsed("CODEB_CERTIFICATES_PER_WEEK", int, "50"),
            git_api_url=values.api_url("CODEB_GIT_API_URL", read.text("CODEB_GIT_API_URL", "https://api.github.com")),
            git_token=values.token("CODEB_GIT_TOKEN", read.text("CODEB_GIT_TOKEN", "")),
            centrifugo_url=read.text("CODEB_CENTRIFUGO_URL", ""),
            centrifugo_api_key=Secret(read.text("CODEB_CENTRIFUGO_API_KEY", "")),
            centrifugo_token_secret=Secret(read.text("CODEB_CENTRIFUGO_TOKEN_SECRET", "")),
            ca_file=read.text("CODEB_CA_FILE", "/etc/codeb/tls/ca.pem"),
        )


def database_of(environ: Mapping[str, str]) -> Database:
    """The database alone, for whoever has no business with the rest. Raises ConfigError."""
    return _database(Reader(environ))


def _database(read: Reader) -> Database:
    return Database(
        host=read.text("CODEB_DB_HOST"),
        port=read.parsed("CODEB_DB_PORT", int, "5432"),
        name=read.text("CODEB_DB_NAME", "codeb"),
        user=read.text("CODEB_DB_USER", "codeb"),
        password=Secret(read.text("CODEB_DB_PASSWORD", "")),
        sslmode=read.text("CODEB_DB_SSLMODE", "prefer"),
        sslrootcert=read.text("CODEB_DB_SSLROOTCERT", ""),
        owner=read.text("CODEB_DB_OWNER", ""),
        runtime=read.text("CODEB_DB_RUNTIME", ""),
    )


def _provision_database(read: Reader) -> Database | None:
    """Where databases of projects are made; None where nobody makes any."""
    host = read.text("CODEB_PROVISION_DB_HOST", "")
    if not host:
        return None
    return Database(
        host=host,
        port=read.parsed("CODEB_PROVISION_DB_PORT", int, "5432"),
        name=read.text("CODEB_PROVISION_DB_NAME", "provisioning"),
        user=read.text("CODEB_PROVISION_DB_USER", "codeb_provisioner"),
        password=Secret(read.text("CODEB_PROVISION_DB_PASSWORD", "")),
        sslmode=read.text("CODEB_DB_SSLMODE", "prefer"),
        sslrootcert=read.text("CODEB_DB_SSLROOTCERT", ""),
    )


def _redis(read: Reader) -> Redis | None:
    host = read.text("CODEB_REDIS_HOST", "")
    if not host:
        return None
    return Redis(
        host=host,
        port=read.parsed("CODEB_REDIS_PORT", int, "6379"),
        user=read.text("CODEB_REDIS_USER", "provisioner"),
        password=Secret(read.text("CODEB_REDIS_PASSWORD", "")),
    )
