"""A registry in memory, and a memory of what was seen in it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from codeb.domain.registry_images import StoredImage
from codeb.errors import Unavailable


@dataclass
class FakeRegistryImages:
    stored: dict[str, dict[str, StoredImage]] = field(default_factory=dict)
    away: bool = False

    def push(self, repository: str, digest: str, *tags: str, children: Sequence[str] = ()) -> None:
        image = StoredImage(digest, frozenset(tags), frozenset(children))
        self.stored.setdefault(repository, {})[digest] = image

    def repositories(self) -> Sequence[str]:
        if self.away:
            raise Unavailable("the registry", "connection refused")
        return list(self.stored)

    def images(self, repository: str) -> Sequence[StoredImage]:
        return list(self.stored.get(repository, {}).values())

    def remove(self, repository: str, digest: str) -> None:
        self.stored[repository].pop(digest, None)


@dataclass
class FakeSightings:
    known: dict[str, datetime] = field(default_factory=dict)

    def first(self, seen: Collection[str], now: datetime, *, keep: bool) -> Mapping[str, datetime]:
        first = {mark: self.known.get(mark, now) for mark in seen}
        if keep:
            self.known = first
        return first
