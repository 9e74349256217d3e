"""What the use cases need of the image registry itself, and of a memory of what was in it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from codeb.domain.registry_images import StoredImage


class RegistryImages(Protocol):
    """The registry's repositories. Each method raises Unavailable."""

    def repositories(self) -> Sequence[str]: ...

    def images(self, repository: str) -> Sequence[StoredImage]:
        """Those that a tag names."""
        ...

    def remove(self, repository: str, digest: str) -> None:
        """With every tag that names it; one that is gone already is no error."""
        ...


class Sightings(Protocol):
    def first(self, seen: Collection[str], now: datetime, *, keep: bool) -> Mapping[str, datetime]:
        """When each was first seen: ``now`` for what is new. What is not among ``seen`` any more is forgotten.

        ``keep`` False only looks. Raises Unwritable.
        """
        ...
