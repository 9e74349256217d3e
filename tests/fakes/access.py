"""A registry of teams and keys that is nowhere but in memory."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from codeb.domain.keys import KeyRecord
from codeb.domain.teams import Team
from codeb.services.protocols.access import AccessRegistry


@dataclass
class _Change:
    teams_by_id: dict[str, Team]
    keys_by_id: dict[str, KeyRecord]
    retired: set[str]

    def teams(self) -> dict[str, Team]:
        return self.teams_by_id

    def keys(self) -> dict[str, KeyRecord]:
        return self.keys_by_id

    def taken(self) -> Collection[str]:
        return {*self.teams_by_id, *self.retired, *(key.team_id for key in self.keys_by_id.values())}

    def put_team(self, team: Team) -> None:
        self.teams_by_id = {**self.teams_by_id, team.id: team}

    def retire_team(self, team_id: str) -> None:
        self.retired.add(team_id)
        self.teams_by_id = {each: team for each, team in self.teams_by_id.items() if each != team_id}

    def put_key(self, key: KeyRecord) -> None:
        self.keys_by_id = {**self.keys_by_id, key.id: key}

    def remove_key(self, key_id: str) -> None:
        self.keys_by_id = {each: key for each, key in self.keys_by_id.items() if each != key_id}


@dataclass
class FakeAccess:
    """``written`` counts the changes that were kept."""

    content: _Change = field(default_factory=lambda: _Change({}, {}, set()))
    used: dict[str, datetime] = field(default_factory=dict)
    written: int = 0
    real: AccessRegistry | None = None
    """Files behind a door, which the use cases read then too."""

    def teams(self) -> Mapping[str, Team]:
        return self.real.teams() if self.real else self.content.teams_by_id

    def keys(self) -> dict[str, KeyRecord]:
        return self.content.keys_by_id

    def put(self, team: Team) -> None:
        self.content.put_team(team)

    def uses(self) -> dict[str, datetime]:
        return self.used

    @contextmanager
    def changing(self, *, keep: bool = True) -> Iterator[_Change]:
        change = deepcopy(self.content)
        yield change
        if keep:
            self.written += change != self.content
            self.content = change
