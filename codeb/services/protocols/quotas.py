"""What the use cases need in order to count what a team uses of this host. Security 10."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from codeb.domain.names import Environment, SlotName
from codeb.domain.quotas import Share


@dataclass(frozen=True, slots=True)
class Underway:
    """A deploy that has not ended; ``slot`` and ``share`` once it is known what it will take."""

    environment: Environment
    by: str
    since: datetime
    slot: SlotName | None = None
    share: Share | None = None


Allow = Callable[[Sequence[Underway]], None]
"""Told of the team's other deploys; raises what refuses. Nobody else of the host comes in or claims meanwhile."""


class DeployPlace(Protocol):
    def claim(self, slot: SlotName, share: Share, allow: Allow) -> None:
        """Have the others know what this deploy will take, if ``allow`` lets it. Raises Unavailable."""
        ...


class DeployPlaces(Protocol):
    """Of every process of the host; the place of one that died counts no more."""

    def taken(
        self, team_id: str, environment: Environment, by: str, allow: Allow
    ) -> AbstractContextManager[DeployPlace]:
        """Be counted while the block runs, if ``allow`` lets it in. Raises Unavailable."""
        ...

    def underway(self, team_id: str) -> Sequence[Underway]:
        """Raises Unavailable."""
        ...


class ImageSizes(Protocol):
    def image_bytes(self, repositories: Collection[str]) -> int:
        """The disk of all the images of these repositories on this host; layers count with each image that has them.

        Raises Unavailable.
        """
        ...
