"""Settings of the process, read once from a mapping (the environment). Spec sections 6-8, design section 1."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar, cast

from codeb.errors import ConfigError

T = TypeVar("T")
_MOST_HOURS = 720
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
class Settings:
    """Everything the library needs to know of its host. Build it with :meth:`load`."""

    env: Literal["production", "development"]
    domain: str
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
    image_prefixes: tuple[str, ...]
    database: Database
    probe_secret: Secret
    env_key: Secret
    grace_hours: float
    preview_protection: bool
    min_free_mb: int
    platform_hosts: tuple[str, ...]

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> "Settings":
        """Read every setting; raises ConfigError with the variable's name and what is wrong with it."""
        read = _Reader(environ)
        development = "development" in (environ.get("CODEB_ENV"), environ.get("NODE_ENV"))
        return cls(
            env="development" if development and environ.get("CODEB_ENV") != "production" else "production",
            domain=read.text("CODEB_DOMAIN"),
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
            grace_hours=read.parsed("CODEB_GRACE_HOURS", _hours, "48"),
            preview_protection=read.one_of("CODEB_PREVIEW_PROTECTION", ("true", "false"), "false") == "true",
            min_free_mb=read.parsed("CODEB_MIN_FREE_MB", int, "1024"),
            platform_hosts=read.many("CODEB_PLATFORM_HOSTS", str.strip, ""),
        )


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= _MOST_HOURS:
        raise ValueError(f"expected more than 0 and at most {_MOST_HOURS} hours")
    return hours


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
