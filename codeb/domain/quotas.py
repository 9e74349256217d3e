"""What a team's slots take of its quotas, and the refusal where that is too much. Spec section 2; security 10."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from codeb.domain.names import Environment, SlotName
from codeb.domain.project import ProjectSettings
from codeb.domain.slots import Slot, SlotPair, SlotState
from codeb.domain.teams import Quotas
from codeb.errors import Refused

MB = 1024**2
SlotPlace = tuple[Environment, SlotName]


class QuotaReached(Refused):
    """The platform's operator allows the team no more. ``unit`` follows each figure of the sentence."""

    code = "quota_reached"

    def __init__(
        self,
        team_id: str,
        quota: str,
        limit: float,
        used: float,
        wanted: float = 1,
        *,
        unit: str = "",
        instead: str = "remove what is not needed",
    ) -> None:
        self.quota, self.limit, self.used, self.wanted = quota, limit, used, wanted
        super().__init__(
            f"team {team_id}: its quota `{quota}` is {limit:.10g}{unit}, {used:.10g}{unit} are in use and this takes"
            f" {wanted:.10g}{unit} more; {instead}, or ask the platform's operator for a larger quota"
        )

    def facts(self) -> dict[str, object]:
        return {"quota": self.quota, "limit": self.limit, "used": self.used, "wanted": self.wanted}


@dataclass(frozen=True, slots=True)
class Share:
    """What one slot takes; ``memory`` in bytes. A preview is what was deployed and not promoted."""

    memory: int = 0
    cpus: float = 0
    preview: bool = False

    @classmethod
    def of(cls, settings: ProjectSettings, *, preview: bool) -> "Share":
        return cls(settings.memory_bytes, settings.cpus, preview)

    @classmethod
    def of_slot(cls, slot: Slot) -> "Share":
        """Whatever a slot holds runs, the grace slot too."""
        if slot.release is None:
            return cls()
        return cls.of(slot.release.settings, preview=slot.state is SlotState.DEPLOYED)

    def at_least(self, other: "Share") -> "Share":
        """The larger of both, in each part."""
        return Share(max(self.memory, other.memory), max(self.cpus, other.cpus), self.preview or other.preview)


@dataclass(frozen=True, slots=True)
class Usage:
    """Of all the slots of a team; ``memory`` in bytes."""

    previews: int
    memory: int
    cpus: float


def shares(pairs: Iterable[SlotPair]) -> dict[SlotPlace, Share]:
    return {
        (pair.environment, slot.name): Share.of_slot(slot)
        for pair in pairs
        for slot in (pair.blue, pair.green)
        if slot.release is not None
    }


def usage(held: Mapping[SlotPlace, Share]) -> Usage:
    taken = held.values()
    cpus = round(sum(each.cpus for each in taken), 6)  # 0.1 three times is 0.3
    return Usage(sum(each.preview for each in taken), sum(each.memory for each in taken), cpus)


def require_share(
    team_id: str, quotas: Quotas, held: Mapping[SlotPlace, Share], place: SlotPlace, wanted: Share
) -> None:
    """Raises QuotaReached where the team's slots take more than it may with ``wanted`` in ``place``.

    What ``place`` holds now makes room for it.
    """
    used = usage({each: share for each, share in held.items() if each != place})
    if quotas.previews is not None and wanted.preview and used.previews + 1 > quotas.previews:
        instead = "promote or clean up (slot_cleanup with force) a slot that waits for its promote"
        raise QuotaReached(team_id, "previews", quotas.previews, used.previews, instead=instead)
    smaller = "give projects less (project_update), clean up slots (slot_cleanup) or delete projects"
    if quotas.memory_mb is not None and used.memory + wanted.memory > quotas.memory_mb * MB:
        memory = (used.memory / MB, wanted.memory / MB)
        raise QuotaReached(team_id, "memoryMb", quotas.memory_mb, *memory, unit=" MB", instead=smaller)
    if quotas.cpus is not None and round(used.cpus + wanted.cpus, 6) > quotas.cpus:
        raise QuotaReached(team_id, "cpus", quotas.cpus, used.cpus, wanted.cpus, instead=smaller)


def require_project(team_id: str, limit: int | None, there: int) -> None:
    """Raises QuotaReached where the team has ``there`` projects already and may have no more."""
    if limit is not None and there >= limit:
        raise QuotaReached(team_id, "projects", limit, there, instead="delete a project (project_delete)")


def require_images(team_id: str, limit: int, before: float, after: float) -> None:
    """Raises QuotaReached where a pull took the team's images over ``limit`` MB; what was there already is no pull."""
    if after > limit and after > before:
        instead = "keep fewer images (project_update keepImages), clean up slots (slot_cleanup) or make them smaller"
        grown = (math.floor(before), math.ceil(after - before))
        raise QuotaReached(team_id, "imagesMb", limit, *grown, unit=" MB", instead=instead)
