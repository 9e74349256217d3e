"""What a look at a host has found, and what is said about it. Spec section 9, ``codeb hosts check``."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one host; below OK it says what to do."""

    host: str
    check: str
    level: Level
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"host": self.host, "check": self.check, "level": str(self.level), "message": self.message}


class Trouble(StrEnum):
    """Why a host could not be looked at."""

    NO_NAME = "no_name"
    NO_ROUTE = "no_route"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    KEY_FILE = "key_file"
    KEY_LOCKED = "key_locked"
    HOST_KEY_UNKNOWN = "host_key_unknown"
    HOST_KEY_CHANGED = "host_key_changed"
    LOGIN = "login"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Unreached:
    """``detail`` is what belongs to the trouble: a fingerprint, a path, the library's own words."""

    trouble: Trouble
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Listener:
    """A TCP port that is taken. ``program`` is the kernel's name of it, 15 characters at most."""

    port: int
    program: str
    pid: str = ""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """A host as it is. ``None`` is what could not be seen."""

    fingerprint: str
    host_key_known: bool
    root: bool
    system: str
    system_version: str
    architecture: str
    free: Mapping[str, int]
    memory: int
    clock_ahead: float
    addresses: tuple[str, ...]
    listeners: tuple[Listener, ...] | None
    names: Mapping[str, tuple[str, ...]]
    systemd: str
    failed_units: tuple[str, ...]
    python: tuple[int, int] | None
    python_available: tuple[int, int] | None
