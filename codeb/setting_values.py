"""The values of settings: how each is written in the environment, and what is refused. Spec section 8."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from codeb.errors import ConfigError

T = TypeVar("T")
_MOST_HOURS = 720
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")


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


def path(text: str) -> Path | None:
    return Path(text) if text else None


def secret(text: str) -> Secret:
    return Secret(text.strip())


def origin(text: str) -> str:
    """As a browser sends it. ``*`` is no origin: only development mode is open to every page."""
    found = text.strip().rstrip("/")
    if not _ORIGIN.fullmatch(found):
        raise ValueError("expected origins such as https://console.example.org")
    return found


def hours(text: str) -> float:
    found = float(text)
    if not 0 < found <= _MOST_HOURS:
        raise ValueError(f"expected more than 0 and at most {_MOST_HOURS} hours")
    return found


def ip_address(text: str) -> str:
    return str(ipaddress.ip_address(text)) if text else ""


def resolver(text: str) -> Address | None:
    if not text:
        return None
    address = Address.parse(text)
    return Address(ip_address(address.host.strip("[]")), address.port)


def api_url(key: str, text: str) -> str:
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


def token(key: str, text: str) -> Secret:
    """Raises ConfigError, without the value, for what no header can hold."""
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ConfigError(f"{key} holds a space, a line break or another character that no token has")
    return Secret(text)


@dataclass(frozen=True, slots=True)
class Reader:
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
