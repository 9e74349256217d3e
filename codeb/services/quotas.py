"""A team's quotas, held to where something of the team's is made. Spec section 2; security 10.

What is in use is read of the slots' records on this host, so that it is known while the database is away.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from codeb.domain.names import Environment
from codeb.domain.project import Project, ProjectSettings
from codeb.domain.quotas import (
    MB,
    QuotaReached,
    Share,
    SlotPlace,
    Usage,
    require_images,
    require_project,
    require_share,
    shares,
    usage,
)
from codeb.domain.records import iso
from codeb.domain.slots import Slot
from codeb.domain.teams import Quotas
from codeb.errors import Unavailable
from codeb.services.images import ImageRules
from codeb.services.protocols import Projects, SlotStore
from codeb.services.protocols.access import AccessRegistry
from codeb.services.protocols.memory import Memory
from codeb.services.protocols.quotas import DeployPlace, DeployPlaces, ImageSizes, Underway


class DeploysReached(QuotaReached):
    """``running`` are the deploys that have to end first."""

    def __init__(self, team_id: str, limit: int, running: Sequence[Underway]) -> None:
        self.running = running
        who = ", ".join(f"{each.environment} by {each.by}" for each in running)
        instead = f"wait until one has ended ({who})" if running else "nothing can be deployed"
        super().__init__(team_id, "concurrentDeploys", limit, len(running), instead=instead)

    def facts(self) -> dict[str, object]:
        running = [
            {
                "projectName": each.environment.project,
                "environment": str(each.environment.name),
                "by": each.by,
                "since": iso(each.since),
            }
            for each in self.running
        ]
        return {**super().facts(), "running": running}


def require_turn(team_id: str, quotas: Quotas, others: Sequence[Underway], *, back: bool) -> None:
    """Raises DeploysReached where the team has as many deploys under way as it may; never for a way ``back``."""
    most = quotas.concurrent_deploys
    if most is not None and not back and len(others) >= most:
        raise DeploysReached(team_id, most, others)


@dataclass(frozen=True, slots=True)
class TeamQuotas:
    registry: AccessRegistry
    projects: Projects
    slots: SlotStore
    places: DeployPlaces
    memory: Memory
    sizes: ImageSizes
    rules: ImageRules

    def of(self, team_id: str) -> Quotas:
        """Without limit where nobody set one. Raises Unavailable."""
        team = self.registry.teams().get(team_id)
        return team.quotas if team else Quotas()

    def require_project(self, team_id: str) -> None:
        """Raises QuotaReached. For a plan: whoever makes a project counts in the same transaction."""
        limit = self.of(team_id).projects
        if limit is not None:
            require_project(team_id, limit, sum(each.team_id == team_id for each in self.projects.all()))

    @contextmanager
    def deploying(self, project: Project, environment: Environment, by: str, *, back: bool) -> Iterator["Claim"]:
        """Count as a deploy of the team while the block runs, its wait for the environment included.

        ``back`` brings an earlier deployment back: it is counted and never refused for the number of deploys or
        previews, since somebody may need it badly. Raises QuotaReached, Unavailable.
        """
        team_id, quotas = project.team_id, self._limits(project.team_id, back=back)
        if not quotas.on_deploys:
            yield Claim(self, project, quotas, None, back=back)
            return
        allow = partial(require_turn, team_id, quotas, back=back)
        with self.places.taken(team_id, environment, by, allow) as place:
            yield Claim(self, project, quotas, place, back=back)

    def plan(
        self, project: Project, environment: Environment, slot: Slot, settings: ProjectSettings, *, back: bool
    ) -> None:
        """Raises QuotaReached as a deploy into ``slot`` would right now."""
        team_id, quotas = project.team_id, self._limits(project.team_id, back=back)
        if quotas.on_deploys:
            underway = self.places.underway(team_id)
            require_turn(team_id, quotas, underway, back=back)
            wanted = Share.of(settings, preview=not back)
            require_share(team_id, quotas, self.held(project, underway), (environment, slot.name), wanted)

    def held(self, project: Project, underway: Sequence[Underway]) -> dict[SlotPlace, Share]:
        """What the slots of the project's team take, and what its deploys will that have not come so far."""
        held = self._of_slots(project.team_id, {project.name})
        for each in underway:
            if each.slot is not None and each.share is not None:
                place = (each.environment, each.slot)
                held[place] = each.share.at_least(held.get(place, Share()))
        return held

    def usage(self, team_id: str) -> Usage:
        """What the team's slots take now."""
        return usage(self._of_slots(team_id, set()))

    def images(self, project: Project) -> float:
        """MB of disk that the images of the project's team take. Raises Unavailable."""
        names = self._names(project.team_id) | {project.name}
        return self.sizes.image_bytes([self.rules.repository(name) for name in names]) / MB

    def _limits(self, team_id: str, *, back: bool) -> Quotas:
        """A way back is not closed by a registry that cannot be read."""
        try:
            return self.of(team_id)
        except Unavailable:
            if back:
                return Quotas()
            raise

    def _of_slots(self, team_id: str, more: set[str]) -> dict[SlotPlace, Share]:
        names = self._names(team_id) | more
        return shares(pair for pair in self.slots.all() if pair.environment.project in names)

    def _names(self, team_id: str) -> set[str]:
        known = self.memory.projects()
        projects = self.projects.all() if known is None else known
        return {each.name for each in projects if each.team_id == team_id}


@dataclass(frozen=True, slots=True)
class Claim:
    """Called by a deploy once it knows what it will take, before it touches anything; raises QuotaReached."""

    quotas: TeamQuotas
    project: Project
    limits: Quotas
    place: DeployPlace | None
    back: bool = False

    def __call__(self, environment: Environment, slot: Slot, settings: ProjectSettings) -> None:
        if self.place is not None:
            wanted = Share.of(settings, preview=not self.back)
            self.place.claim(slot.name, wanted, partial(self._allow, (environment, slot.name), wanted))

    @contextmanager
    def pulling(self) -> Iterator[None]:
        """Raises QuotaReached where what the block pulled is more than the team may have on disk."""
        most = self.limits.images_mb
        if most is None or self.back:
            yield
            return
        before = self.quotas.images(self.project)
        yield
        require_images(self.project.team_id, most, before, self.quotas.images(self.project))

    def _allow(self, place: SlotPlace, wanted: Share, others: Sequence[Underway]) -> None:
        held = self.quotas.held(self.project, others)
        require_share(self.project.team_id, self.limits, held, place, wanted)
