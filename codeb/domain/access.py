"""Who may do what: roles, permissions, keys. Spec section 6, "Auth"."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from codeb.domain.project import Project
from codeb.errors import CodebError

_KEY = re.compile(r"codeb_(?P<team>[a-zA-Z0-9-]+)_(?P<role>owner|admin|member|viewer)_(?P<token>[a-zA-Z0-9_-]+)")
EVERY_SCOPE = "*"


class Role(StrEnum):
    """From the least to the most powerful; each may do what the ones before it may."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"

    def covers(self, least: "Role") -> bool:
        return _ORDER[self] >= _ORDER[least]


_ORDER = {role: place for place, role in enumerate(Role)}


class KeyKind(StrEnum):
    """Who holds a key. Security 4: what an assistant asks for is confirmed with another key."""

    PERSON = "person"
    ASSISTANT = "assistant"
    CI = "ci"

    def covers(self, other: "KeyKind") -> bool:
        """Whether a key of this kind may make one of the other: each makes its own kind, and what may less."""
        order = (KeyKind.ASSISTANT, KeyKind.CI, KeyKind.PERSON)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class KeyText:
    """What the text of a key claims. Only a registry's record grants anything."""

    team: str
    role: Role

    @classmethod
    def parse(cls, text: str) -> "KeyText | None":
        match = _KEY.fullmatch(text)
        return cls(match["team"], Role(match["role"])) if match else None


def key_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Forbidden(CodebError):
    """The key is known and may not do this."""

    code = "forbidden"


@dataclass(frozen=True, slots=True)
class AuthContext:
    """Whose request it is. ``projects`` narrows a key within its team, None leaves it as wide as the team."""

    key_id: str
    team_id: str
    role: Role
    scopes: frozenset[str] = frozenset({EVERY_SCOPE})
    projects: frozenset[str] | None = None
    platform: bool = False
    kind: KeyKind = KeyKind.PERSON

    def may(self, permission: str, least: Role) -> bool:
        """Whether role and scopes both allow it."""
        return self.role.covers(least) and bool(self.scopes & {EVERY_SCOPE, permission})

    def require(self, permission: str, least: Role) -> None:
        """Raises Forbidden unless role and scopes both allow it."""
        if not self.may(permission, least):
            raise Forbidden(f"Permission denied: {permission} required")

    def sees(self, project: Project) -> bool:
        """Whether the project exists as far as this key is concerned."""
        return self.platform or project.team_id == self.team_id

    def covers(self, name: str) -> bool:
        """Whether the key's own list of projects, if it has one, holds ``name``."""
        return self.projects is None or name in self.projects

    def require_project(self, name: str) -> None:
        if not self.covers(name):
            raise Forbidden(f"this key is limited to {', '.join(sorted(self.projects or ())) or 'no project'}")

    def require_whole_team(self) -> None:
        """A key for some projects decides nothing about the team they belong to; raises Forbidden."""
        if self.projects is not None:
            raise Forbidden("this key is limited to projects: what concerns the whole team needs one that is not")
