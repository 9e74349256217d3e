"""The key file, ``registry/api-keys.json``: the authority for API keys, held in memory. Spec section 6, "Auth"."""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import structlog
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from codeb.domain.access import AuthContext, Role, key_hash
from codeb.errors import Unavailable

_log = structlog.get_logger()


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class RateLimit(BaseModel):
    model_config = ConfigDict(frozen=True)

    requests: int = Field(ge=1)
    window: int = Field(ge=1, description="seconds")


class KeyRecord(BaseModel):
    """One entry of the file, with the names of its JSON."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    id: str
    key_hash: str = Field(pattern="^[0-9a-f]{64}$", repr=False)
    name: str
    team_id: str
    role: Role
    scopes: frozenset[str]
    projects: frozenset[str] | None = None
    platform: bool = False
    expires_at: Annotated[datetime, AfterValidator(_utc)] | None = None
    rate_limit: RateLimit | None = None

    @property
    def context(self) -> AuthContext:
        return AuthContext(self.id, self.team_id, self.role, self.scopes, self.projects, self.platform)


@dataclass(slots=True)
class KeyRegistry:
    """Looks keys up by their hash; reads the file again when it has changed. Not for several threads."""

    path: Path
    problem: str | None = None
    _by_hash: dict[str, KeyRecord] = field(default_factory=dict)
    _stamp: tuple[int, int, int] | None = None

    def find(self, text: str) -> KeyRecord | None:
        """The record of the key; raises Unavailable while the file cannot be read."""
        return self._current().get(key_hash(text))

    def any(self) -> bool:
        return bool(self._current())

    def refresh(self) -> None:
        """Load the file if it is not the one in memory. A damaged file empties the memory and sets ``problem``."""
        try:
            stat = os.stat(self.path)  # noqa: PTH116  one system call on the request's path
        except FileNotFoundError:
            self._keep({}, None, None)
            return
        except OSError as error:
            self._keep({}, f"it cannot be read: {error.strerror}", None)
            return
        stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._load(stamp)

    def _current(self) -> dict[str, KeyRecord]:
        self.refresh()
        if self.problem:
            raise Unavailable("the key file", f"{self.problem}; restore {self.path} or make it again")
        return self._by_hash

    def _load(self, stamp: tuple[int, int, int]) -> None:
        try:
            entries = read_registry(self.path, "keys")
        except (OSError, ValueError) as error:
            self._keep({}, f"it is damaged: {error}", stamp)
            return
        records = (_record(entry_id, entry) for entry_id, entry in entries.items())
        self._keep({record.key_hash: record for record in records if record}, None, stamp)

    def _keep(self, records: dict[str, KeyRecord], problem: str | None, stamp: tuple[int, int, int] | None) -> None:
        if problem and problem != self.problem:
            _log.error("key_file_unusable", path=str(self.path), reason=problem, effect="no key is accepted")
        self._by_hash, self.problem, self._stamp = records, problem, stamp


def read_registry(path: Path, section: str) -> dict[str, Any]:
    """The records under ``section`` of a registry file; raises ValueError when it is not one."""
    content = json.loads(path.read_bytes())
    records = content.get(section) if isinstance(content, dict) else None
    if isinstance(records, dict):
        return records
    raise ValueError(f"there is no table {section!r} in it")


def _record(entry_id: str, entry: Any) -> KeyRecord | None:
    """One odd entry costs its own key, nobody else's."""
    try:
        return KeyRecord.model_validate(entry)
    except ValidationError as error:
        fields = sorted({".".join(map(str, each["loc"])) or "entry" for each in error.errors()})
        _log.error("key_entry_unusable", key_id=entry_id, fields=fields, effect="this key is not accepted")
        return None
