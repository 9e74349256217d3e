"""One change of the registry's files, from reading to writing; :mod:`codeb.adapters.registry_files` holds the lock."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from codeb.adapters.files import write_atomically
from codeb.adapters.registry_entries import KEYS, SECTIONS, TEAMS, key_of, parsed, read_content, team_of
from codeb.domain.keys import KeyRecord
from codeb.domain.records import iso
from codeb.domain.teams import Team
from codeb.errors import Unavailable
from codeb.services.protocols import Clock

_VERSION = "6.0"
_RETIRED = "retired"


@dataclass(slots=True)
class _File:
    """One file within a change. ``section`` is the table that it holds."""

    path: Path
    section: str
    content: dict[str, Any] = field(default_factory=dict)
    before: bytes | None = None
    changed: bool = False

    def read(self) -> None:
        try:
            self.before = self.path.read_bytes()
            self.content = read_content(self.before, self.section)
        except FileNotFoundError:
            self.content = {"version": _VERSION, self.section: {}}
        except (OSError, ValueError) as error:
            raise Unavailable(str(self.path), f"it is damaged: {error}; nothing was changed in it") from error

    def table(self, section: str | None = None) -> dict[str, Any]:
        table: dict[str, Any] = self.content.setdefault(section or self.section, {})
        return table

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        known = self.table().get(key)
        self.table()[key] = {**(known if isinstance(known, dict) else {}), **record}
        self.changed = True

    def remove(self, key: str) -> None:
        self.changed = self.table().pop(key, None) is not None or self.changed

    def write(self, now: datetime) -> None:
        if self.before is not None:
            write_atomically(self.path.with_name(f"{self.path.name}.backup"), self.before, mode=0o600)
        content = {**self.content, "updatedAt": iso(now)}
        write_atomically(self.path, json.dumps(content, indent=2) + "\n", mode=0o600)


@dataclass(slots=True)
class Change:
    """See :class:`codeb.services.protocols.access.AccessChange`. A file is read when it is first needed."""

    directory: Path
    clock: Clock
    _open: dict[str, _File] = field(default_factory=dict)

    def teams(self) -> Mapping[str, Team]:
        return parsed(self._file(TEAMS).table(), team_of)

    def keys(self) -> Mapping[str, KeyRecord]:
        return parsed(self._file(KEYS).table(), key_of)

    def taken(self) -> Collection[str]:
        teams = self._file(TEAMS)
        return {*teams.table(), *teams.table(_RETIRED), *(key.team_id for key in self.keys().values())}

    def has_team(self, team_id: str) -> bool:
        """Also one whose entry is odd: it must not be written over."""
        return team_id in self._file(TEAMS).table()

    def put_team(self, team: Team) -> None:
        self._file(TEAMS).put(team.id, team.stored())

    def retire_team(self, team_id: str) -> None:
        teams = self._file(TEAMS)
        teams.remove(team_id)
        teams.table(_RETIRED)[team_id] = {"retiredAt": iso(self.clock.now())}
        teams.changed = True

    def put_key(self, key: KeyRecord) -> None:
        self._file(KEYS).put(key.id, key.stored())

    def remove_key(self, key_id: str) -> None:
        self._file(KEYS).remove(key_id)

    def write(self) -> None:
        """Keys first: a team may be without a key for a moment, a revoked key never opens a door again."""
        for name in (KEYS, TEAMS):
            if name in self._open and self._open[name].changed:
                self._open[name].write(self.clock.now())

    def _file(self, name: str) -> _File:
        if name not in self._open:
            file = _File(self.directory / name, SECTIONS[name])
            file.read()
            self._open[name] = file
        return self._open[name]
