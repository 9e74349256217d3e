"""Which images of the registry are needed no longer. Spec section 9."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A manifest that tags name. ``children`` are those of an index: its platforms and what is told of them."""

    digest: str
    tags: frozenset[str]
    children: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        return self.children | {self.digest}

    def sightings(self, repository: str) -> frozenset[str]:
        """What it is remembered by. A tag that comes to name it makes it young again."""
        return frozenset(f"{repository}:{tag}@{self.digest}" for tag in self.tags)


@dataclass(frozen=True, slots=True)
class DatedImage:
    """``last`` is when it was last pushed or deployed, as far as anybody knows."""

    image: StoredImage
    last: datetime


def not_needed(images: Iterable[DatedImage], needed: Collection[str], before: datetime) -> list[str]:
    """The digests that go: not ``needed``, not younger than ``before``, and no part of one that stays."""
    kept: set[str] = set(needed)
    going: dict[str, None] = {}
    for each in images:
        if each.last >= before or not each.image.all.isdisjoint(needed):
            kept |= each.image.all
        else:
            going |= dict.fromkeys([each.image.digest, *sorted(each.image.children)])
    return [digest for digest in going if digest not in kept]
