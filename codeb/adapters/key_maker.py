"""Makes keys, and the team of a key where it is missing. Spec section 6, "Auth"."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeb.adapters.files import write_atomically
from codeb.adapters.keys import RateLimit, read_registry
from codeb.domain.access import EVERY_SCOPE, KeyText, Role, key_hash
from codeb.domain.records import iso
from codeb.errors import InvalidInput, Unavailable
from codeb.services.protocols import Clock

_VERSION = "6.0"
_TEAM_SETTINGS = {"defaultEnvironment": "production", "autoPromote": False, "gracePeriodHours": 48}


@dataclass(frozen=True, slots=True)
class NewKey:
    """``text`` is the key itself; it is not kept anywhere."""

    text: str
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyMaker:
    """``directory`` holds ``api-keys.json`` and ``teams.json``."""

    directory: Path
    clock: Clock

    def create(
        self,
        team: str,
        role: Role,
        *,
        name: str,
        by: str,
        platform: bool = False,
        rate_limit: RateLimit | None = None,
    ) -> NewKey:
        """Register a new key; raises InvalidInput for a team's name that no key can carry, Unavailable."""
        text = f"codeb_{team}_{role}_{secrets.token_urlsafe(18)}"
        if KeyText.parse(text) is None or len(team) > 64:  # noqa: PLR2004  the column's width
            raise InvalidInput("team", f"{team!r} is not made of at most 64 letters, digits and hyphens")
        record = {
            "id": f"key_{secrets.token_hex(8)}",
            "keyHash": key_hash(text),
            "name": name,
            "teamId": team,
            "role": str(role),
            "createdAt": iso(self.clock.now()),
            "createdBy": by,
            "scopes": [EVERY_SCOPE],
            **({"platform": True} if platform else {}),
            **({"rateLimit": rate_limit.model_dump()} if rate_limit else {}),
        }
        with self._locked():
            self._add("teams.json", "teams", team, self._team(team, by), keep=True)
            self._add("api-keys.json", "keys", str(record["id"]), record)
        return NewKey(text, {key: value for key, value in record.items() if key != "keyHash"})

    def _team(self, team: str, by: str) -> dict[str, Any]:
        return {
            "id": team,
            "name": team,
            "slug": team.lower(),
            "createdAt": iso(self.clock.now()),
            "owner": by,
            "plan": "free",
            "projects": [],
            "members": [],
            "settings": dict(_TEAM_SETTINGS),
        }

    def _add(self, file: str, section: str, key: str, record: Mapping[str, Any], *, keep: bool = False) -> None:
        path = self.directory / file
        try:
            records = read_registry(path, section) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise Unavailable(str(path), f"it is damaged: {error}; nothing was changed in it") from error
        if keep and key in records:
            return
        content = {"version": _VERSION, "updatedAt": iso(self.clock.now()), section: {**records, key: record}}
        write_atomically(path, json.dumps(content, indent=2) + "\n", mode=0o600)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.directory / ".keys.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
