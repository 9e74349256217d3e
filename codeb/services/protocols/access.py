"""What the use cases need of the registry of teams and keys. Spec section 7, "On the app host"."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from codeb.domain.keys import KeyRecord
from codeb.domain.teams import Team


class AccessChange(Protocol):
    """The registry while one process alone may change it. Each by its id."""

    def teams(self) -> Mapping[str, Team]:
        """Raises Unavailable where the file is damaged; so does every other method that needs it."""
        ...

    def keys(self) -> Mapping[str, KeyRecord]: ...

    def taken(self) -> Collection[str]:
        """The ids that no new team may have: of teams, of teams that were deleted, of teams that have a key."""
        ...

    def put_team(self, team: Team) -> None: ...

    def retire_team(self, team_id: str) -> None: ...

    def put_key(self, key: KeyRecord) -> None: ...

    def remove_key(self, key_id: str) -> None: ...


class AccessRegistry(Protocol):
    """The authority for teams and keys."""

    def teams(self) -> Mapping[str, Team]:
        """Raises Unavailable."""
        ...

    def keys(self) -> Mapping[str, KeyRecord]:
        """Raises Unavailable."""
        ...

    def uses(self) -> Mapping[str, datetime]:
        """When each key was last used, some minutes late."""
        ...

    def changing(self, *, keep: bool = True) -> AbstractContextManager[AccessChange]:
        """What was put is written when the block ends without an error, unless it is only a look (``keep``).

        Raises Unavailable, Unwritable.
        """
        ...
