"""Remove images that no slot needs and no rollback is likely to want. Issue 4, "Room"."""

from dataclasses import dataclass

from codeb.domain.deployment import DeploymentStatus
from codeb.domain.project import Project
from codeb.errors import CodebError
from codeb.services.images import ImageRules
from codeb.services.protocols import ContainerRuntime, History, SlotStore

_RECENT = 200


@dataclass(frozen=True, slots=True)
class ImageCleanup:
    runtime: ContainerRuntime
    history: History
    slots: SlotStore
    rules: ImageRules

    def __call__(self, project: Project, *, refused: str | None = None) -> str | None:
        """Keep what any slot of the project holds and its newest ``keep_images`` besides.

        ``refused`` is a digest that was just pulled and may not stay, whatever the records say of it so far.
        Never fails a release: a sentence where it could not be done, for whoever deployed.
        """
        try:
            self.runtime.prune(self.rules.repository(project.name), self.kept(project, refused))
        except CodebError as error:
            return f"old images were not removed: {error}"
        return None

    def kept(self, project: Project, refused: str | None = None) -> frozenset[str]:
        """Digests, with their repositories."""
        held = set()
        for name in project.ports:
            pair = self.slots.get(project.environment(name))
            held |= {slot.release.digest for slot in (pair.blue, pair.green) if slot.release}
        newest: list[str] = []
        for deployment in self.history.deployments(project.name, None, _RECENT):
            usable = deployment.status is DeploymentStatus.SUCCESS or deployment.open
            if usable and deployment.digest and deployment.digest not in {*held, *newest, refused}:
                newest.append(deployment.digest)
        return frozenset(held | set(newest[: project.settings.keep_images]))
