"""Remove images from the registry that no slot needs and no rollback is likely to want. Spec section 9."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from codeb.domain.project import Project
from codeb.domain.registry_images import DatedImage, StoredImage, not_needed
from codeb.services.image_cleanup import ImageCleanup
from codeb.services.protocols import Clock, History, Projects, SlotStore
from codeb.services.protocols.registry_images import RegistryImages, Sightings

_RECENT = 1000


@dataclass(frozen=True, slots=True)
class Pruned:
    """``removed`` are ``repository@digest``; of a plan those that would go. ``stayed`` counts images with a tag."""

    removed: tuple[str, ...]
    stayed: int


@dataclass(frozen=True, slots=True)
class PruneRegistry:
    """Blobs go later, when the registry collects its garbage. What is in a repository of the operator's stays."""

    projects: Projects
    slots: SlotStore
    history: History
    cleanup: ImageCleanup
    images: RegistryImages
    sightings: Sightings
    clock: Clock

    def __call__(self, older_than: timedelta, *, dry_run: bool = False) -> Pruned:
        """What was neither pushed nor deployed for so long goes, unless it is needed.

        An image counts from when this was first run with it in the registry. Raises Unavailable, Unwritable; also
        while the database is away, because what is needed is not known then.
        """
        self.projects.require_writable()
        now = self.clock.now()
        stored = {name: self.images.images(name) for name in self.images.repositories() if not self._shared(name)}
        first = self._first(stored, now, keep=not dry_run)
        needed, deployed = self._needed(self.projects.all())
        self.projects.require_writable()  # what was read came from the database, not from a part of it kept here
        removed: list[str] = []
        gone = 0
        for name, images in stored.items():
            dated = [DatedImage(each, _last(name, each, first, deployed, now)) for each in images]
            going = not_needed(dated, needed, now - older_than)
            gone += len({each.digest for each in images} & set(going))
            for digest in going:
                if not dry_run:
                    self.images.remove(name, digest)
                removed.append(f"{name}@{digest}")
        return Pruned(tuple(removed), sum(map(len, stored.values())) - gone)

    def _shared(self, name: str) -> bool:
        rules = self.cleanup.rules
        return rules.shared(rules.repository(name))

    def _first(
        self, stored: Mapping[str, Sequence[StoredImage]], now: datetime, *, keep: bool
    ) -> Mapping[str, datetime]:
        seen = {mark for name, images in stored.items() for each in images for mark in each.sightings(name)}
        return self.sightings.first(seen, now, keep=keep)

    def _needed(self, projects: Sequence[Project]) -> tuple[frozenset[str], Mapping[str, datetime]]:
        """The digests that stay whatever their age, and when each was last deployed.

        Read after the registry was: what is deployed meanwhile is needed then.
        """
        held = {slot.release.digest for pair in self.slots.all() for slot in (pair.blue, pair.green) if slot.release}
        deployed: dict[str, datetime] = {}
        for project in projects:
            held |= self.cleanup.kept(project)
            for each in self.history.deployments(project.name, None, _RECENT):
                digest = _digest(each.digest)
                deployed[digest] = max(each.created_at, deployed.get(digest, each.created_at))
        return frozenset(map(_digest, held)), deployed


def _last(
    name: str, image: StoredImage, first: Mapping[str, datetime], deployed: Mapping[str, datetime], now: datetime
) -> datetime:
    known = [first.get(mark, now) for mark in image.sightings(name)]
    return max([*known, *(deployed[each] for each in image.all if each in deployed)], default=now)


def _digest(reference: str) -> str:
    return reference.rpartition("@")[2]
