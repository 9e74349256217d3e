"""Settings of the process, read once from a mapping (the environment). Spec sections 6-8, design section 1."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar, cast
from urllib.parse import urlsplit

from codeb.errors import ConfigError

T = TypeVar("T")
_MOST_HOURS = 720
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")
TlsMode = Literal["acme", "internal", "off"]


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that never shows in a repr, a log or a traceback."""

    _value: str

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener binds."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        host, _, port = text.strip().rpartition(":")
        if not host or not port.isdigit():
            raise ValueError("expected HOST:PORT")
        return cls(host, int(port))

    @property
    def loopback(self) -> bool:
        return self.host in {"localhost", "::1", "[::1]"} or self.host.startswith("127.")


@dataclass(frozen=True, slots=True)
class Database:
    host: str
    port: int
    name: str
    user: str
    password: Secret
    sslmode: str
    sslrootcert: str


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
    s3_endpoint: str
    s3_access_key: Secret
    s3_secret_key: Secret
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
        read = _Reader(environ)
        development = "development" in (environ.get("CODEB_ENV"), environ.get("NODE_ENV"))
        return cls(
            env="development" if development and environ.get("CODEB_ENV") != "production" else "production",
            domain=read.text("CODEB_DOMAIN"),
            cors_origins=read.many("CODEB_CORS_ORIGINS", _origin, ""),
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
            s3_endpoint=read.text("CODEB_S3_ENDPOINT", ""),
            s3_access_key=Secret(read.text("CODEB_S3_ACCESS_KEY", "")),
            s3_secret_key=Secret(read.text("CODEB_S3_SECRET_KEY", "")),
            image_prefixes=read.many("CODEB_IMAGE_PREFIXES", str.strip, ""),
            database=Database(
                host=read.text("CODEB_DB_HOST"),
                port=read.parsed("CODEB_DB_PORT", int, "5432"),
                name=read.text("CODEB_DB_NAME", "codeb"),
                user=read.text("CODEB_DB_USER", "codeb"),
                password=Secret(read.text("CODEB_DB_PASSWORD", "")),
                sslmode=read.text("CODEB_DB_SSLMODE", "prefer"),
                sslrootcert=read.text("CODEB_DB_SSLROOTCERT", ""),
            ),
            probe_secret=Secret(read.text("CODEB_PROBE_SECRET")),
            env_key=Secret(read.text("CODEB_ENV_KEY")),
            env_key_previous=read.many("CODEB_ENV_KEY_PREVIOUS", _secret, ""),
            grace_hours=read.parsed("CODEB_GRACE_HOURS", _hours, "48"),
            preview_protection=read.one_of("CODEB_PREVIEW_PROTECTION", ("true", "false"), "false") == "true",
            min_free_mb=read.parsed("CODEB_MIN_FREE_MB", int, "1024"),
            platform_hosts=read.many("CODEB_PLATFORM_HOSTS", str.strip, ""),
            provision_database=_provision_database(read),
            redis=_redis(read),
            public_address=read.parsed("CODEB_PUBLIC_ADDRESS", _ip_address, ""),
            dns_resolver=read.parsed("CODEB_DNS_RESOLVER", _resolver, ""),
            certificates_per_week=read.parsed("CODEB_CERTIFICATES_PER_WEEK", int, "50"),
            git_api_url=_api_url("CODEB_GIT_API_URL", read.text("CODEB_GIT_API_URL", "https://api.github.com")),
            git_token=_token("CODEB_GIT_TOKEN", read.text("CODEB_GIT_TOKEN", "")),
            centrifugo_url=read.text("CODEB_CENTRIFUGO_URL", ""),
            centrifugo_api_key=Secret(read.text("CODEB_CENTRIFUGO_API_KEY", "")),
            centrifugo_token_secret=Secret(read.text("CODEB_CENTRIFUGO_TOKEN_SECRET", "")),
            ca_file=read.text("CODEB_CA_FILE", "/etc/codeb/tls/ca.pem"),
        )


def _provision_database(read: "_Reader") -> Database | None:
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


def _redis(read: "_Reader") -> Redis | None:
    host = read.text("CODEB_REDIS_HOST", "")
    if not host:
        return None
    return Redis(
        host=host,
        port=read.parsed("CODEB_REDIS_PORT", int, "6379"),
        user=read.text("CODEB_REDIS_USER", "provisioner"),
        password=Secret(read.text("CODEB_REDIS_PASSWORD", "")),
    )


def _secret(text: str) -> Secret:
    return Secret(text.strip())


def _origin(text: str) -> str:
    """As a browser sends it. ``*`` is no origin: only development mode is open to every page."""
    origin = text.strip().rstrip("/")
    if not _ORIGIN.fullmatch(origin):
        raise ValueError("expected origins such as https://console.example.org")
    return origin


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= _MOST_HOURS:
        raise ValueError(f"expected more than 0 and at most {_MOST_HOURS} hours")
    return hours


def _ip_address(text: str) -> str:
    return str(ipaddress.ip_address(text)) if text else ""


def _resolver(text: str) -> Address | None:
    if not text:
        return None
    address = Address.parse(text)
    return Address(_ip_address(address.host.strip("[]")), address.port)


def _api_url(key: str, text: str) -> str:
    """Over TLS, except to this host itself: every request carries a token. Raises ConfigError, without the value."""
    parts = None
    with suppress(ValueError):
        parts = urlsplit(text)
    if parts is None or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(f"{key}: expected https://HOST[:PORT][/PATH]")
    plain = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme != "https" and not plain:
        raise ConfigError(f"{key}: expected https://, a token must not travel in the clear")
    return text


def _token(key: str, text: str) -> Secret:
    """Raises ConfigError, without the value, for what no header can hold."""
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ConfigError(f"{key} holds a space, a line break or another character that no token has")
    return Secret(text)


@dataclass(frozen=True, slots=True)
class _Reader:
    environ: Mapping[str, str]

    def text(self, key: str, default: str | None = None) -> str:
        value = self.environ.get(key, default)
        if value is None or (value == "" and default is None):
            raise ConfigError(f"{key} is not set")
        return value

    def parsed(self, key: str, parse: Callable[[str], T], default: str) -> T:
        value = self.text(key, default)
        try:
            return parse(value)
        except ValueError as error:
            raise ConfigError(f"{key}={value!r}: {error}") from error

    def many(self, key: str, parse: Callable[[str], T], default: str) -> tuple[T, ...]:
        return self.parsed(key, lambda text: tuple(parse(part) for part in text.split(",") if part.strip()), default)

    def one_of(self, key: str, words: tuple[str, ...], default: str) -> str:
        value = self.text(key, default)
        if value not in words:
            raise ConfigError(f"{key}={value!r}: expected one of {', '.join(words)}")
        return value
