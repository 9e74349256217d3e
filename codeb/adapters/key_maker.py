"""Keys made, listed and revoked on the host, where nobody asks for a role: the way back in. Spec section 6, "Auth"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from codeb.adapters.registry_files import RegistryFiles
from codeb.domain.access import EVERY_SCOPE, KeyKind, Role
from codeb.domain.keys import KeyRecord, RateLimit, UnknownToken, new_key, without_owner
from codeb.domain.teams import Team
from codeb.services.protocols import Clock


@dataclass(frozen=True, slots=True)
class NewKey:
    """``text`` is the key itself; it is not kept anywhere."""

    text: str = field(repr=False)
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyMaker:
    """``directory`` holds ``api-keys.json`` and ``teams.json``."""

    directory: Path
    clock: Clock

    @property
    def files(self) -> RegistryFiles:
        return RegistryFiles(self.directory, self.clock)

    def create(
        self,
        team: str,
        role: Role,
        *,
        name: str,
        by: str,
        platform: bool = False,
        rate_limit: RateLimit | None = None,
        kind: KeyKind = KeyKind.PERSON,
        scopes: frozenset[str] = frozenset({EVERY_SCOPE}),
        projects: frozenset[str] | None = None,
        expires_at: datetime | None = None,
    ) -> NewKey:
        """Make a key; only its hash is kept. Raises InvalidInput for a team no key can carry, Unavailable."""
        now = self.clock.now()
        made = new_key(
            team,
            role,
            name=name,
            created_at=now,
            created_by=by,
            scopes=scopes,
            projects=projects,
            platform=platform,
            kind=kind,
            expires_at=expires_at,
            rate_limit=rate_limit,
        )
        with self.files.changing() as change:
            if not change.has_team(team):
                change.put_team(Team(id=team, name=team, slug=team.lower(), created_at=now, owner=by))
            change.put_key(made.record)
        return NewKey(made.text, made.record.shown())

    def all(self, team: str | None) -> Sequence[KeyRecord]:
        """Every key, or those of ``team``, each with its last use; raises Unavailable."""
        uses = self.files.uses()
        found = [key for key in self.files.keys().values() if team in (None, key.team_id)]
        shown = [key.model_copy(update={"last_used": uses.get(key.id, key.last_used)}) for key in found]
        return sorted(shown, key=lambda key: (key.team_id, str(key.created_at), key.id))

    def revoke(self, key_id: str) -> tuple[KeyRecord, bool]:
        """The key that is no more, and whether its team has no owner's key left; raises UnknownToken, Unavailable."""
        with self.files.changing() as change:
            keys = dict(change.keys())
            if key_id not in keys:
                raise UnknownToken(key_id)
            change.remove_key(key_id)
            key = keys.pop(key_id)
        return key, key.role is Role.OWNER and without_owner(keys.values(), key.team_id, self.clock.now())
