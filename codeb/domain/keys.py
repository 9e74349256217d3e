"""The record of an API key, as ``api-keys.json`` has it. Spec section 6, "Auth"."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from codeb.domain.access import AuthContext, KeyKind, KeyText, Role, key_hash
from codeb.domain.records import iso
from codeb.errors import InvalidInput, Refused

MAX_TEAM_ID = 64


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_utc), PlainSerializer(iso)]
Names = Annotated[frozenset[str], PlainSerializer(sorted)]


class RateLimit(BaseModel):
    model_config = ConfigDict(frozen=True)

    requests: int = Field(ge=1, le=1_000_000_000)
    window: int = Field(ge=1, le=1_000_000, description="seconds")


class KeyRecord(BaseModel):
    """One entry of the file, with the names of its JSON. ``member_id`` is whose key it is, where a member has it."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    id: str
    key_hash: str = Field(pattern="^[0-9a-f]{64}$", repr=False)
    name: str
    team_id: str
    role: Role
    created_at: Moment | None = None
    created_by: str = ""
    scopes: Names
    projects: Names | None = None
    platform: bool = False
    kind: KeyKind = KeyKind.PERSON
    member_id: str | None = None
    expires_at: Moment | None = None
    last_used: Moment | None = None
    rate_limit: RateLimit | None = None

    @property
    def context(self) -> AuthContext:
        return AuthContext(self.id, self.team_id, self.role, self.scopes, self.projects, self.platform, self.kind)

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def stored(self) -> dict[str, Any]:
        """As the file keeps it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def shown(self) -> dict[str, Any]:
        """As an answer shows it: everything but the hash."""
        record = self.model_dump(mode="json", by_alias=True, exclude={"key_hash"})
        return {name: value for name, value in record.items() if value is not None or name in _ALWAYS_SHOWN}


_ALWAYS_SHOWN = frozenset({"expiresAt", "lastUsed", "projects"})


class UnknownToken(Refused):
    """No such key, or not one that the caller may know of: the two look the same."""

    code = "unknown_token"

    def __init__(self, token_id: str) -> None:
        super().__init__(f"no token {token_id[:100]!r}; token_list shows those that you may revoke")


@dataclass(frozen=True, slots=True)
class NewKey:
    """``text`` is the key itself; it is not kept anywhere."""

    text: str = field(repr=False)
    record: KeyRecord


def new_key(team: str, role: Role, **rest: Any) -> NewKey:
    """``rest`` is the other fields of the record. Raises InvalidInput where no key can carry the team's id."""
    text = f"codeb_{team}_{role}_{secrets.token_urlsafe(18)}"
    if KeyText.parse(text) is None or len(team) > MAX_TEAM_ID:
        raise InvalidInput("team", f"{team!r} is not made of at most {MAX_TEAM_ID} letters, digits and hyphens")
    key_id = f"key_{secrets.token_hex(8)}"
    return NewKey(text, KeyRecord(id=key_id, key_hash=key_hash(text), team_id=team, role=role, **rest))


def without_owner(keys: Iterable[KeyRecord], team: str, now: datetime) -> bool:
    """Whether no key that still opens the door is an owner's of the team."""
    return not any(key.team_id == team and key.role is Role.OWNER and not key.expired(now) for key in keys)
