"""What the variables' history and the rotation of their key need of the world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from codeb.domain.names import Environment
from codeb.services.protocols.records import EnvStore, EnvVersion


@dataclass(frozen=True, slots=True)
class StoredEnv:
    """A version and how it came to be. ``variables`` is None where its key, ``key_id``, is not at hand."""

    version: int
    variables: Mapping[str, str] | None
    created_at: datetime
    created_by: str
    restored_from: int | None = None
    key_id: str = ""


class EnvLedger(EnvStore, Protocol):
    def stored(self, environment: Environment, *, before: int | None = None, limit: int) -> Sequence[StoredEnv]:
        """Newest first, those below ``before`` where it is given; raises Unavailable: a copy is no history."""
        ...

    def write(
        self,
        environment: Environment,
        variables: Mapping[str, str],
        by: str,
        *,
        after: int | None = None,
        restored_from: int | None = None,
    ) -> EnvVersion: ...


Place = tuple[str, str, int]
"""Of a version among all that are stored: project, environment, number."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """One batch: how many are under the current key now, those that stay by the id of their key, where it ended."""

    changed: int
    unreadable: Mapping[str, int]
    last: Place | None


class EnvVault(Protocol):
    """Every stored version of every project, by the key that sealed it."""

    @property
    def key_id(self) -> str:
        """Of the current key."""
        ...

    @property
    def known_ids(self) -> Sequence[str]:
        """Of the current key and of the previous ones."""
        ...

    def standing(self) -> Mapping[str, int]:
        """How many versions by key id; "" holds those from before ids were kept."""
        ...

    def reseal(self, after: Place | None, limit: int) -> Resealed:
        """Put the next ``limit`` versions that are not under the current key under it, in one transaction."""
        ...
