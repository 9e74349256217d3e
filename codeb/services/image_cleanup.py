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

    def __call__(self, project: Project) -> str | None:
        """Keep what any slot of the project holds and its newest ``keep_images`` besides.

        Never fails a release: a sentence where it could not be done, for whoever deployed.
        """
        try:
            self.runtime.prune(self.rules.repository(project.name), self._kept(project))
        except CodebError as error:
            return f"old images were not removed: {error}"
        return None

    def _kept(self, project: Project) -> frozenset[str]:
        held = set()
        for name in project.ports:
            pair = self.slots.get(project.environment(name))
            held |= {slot.release.digest for slot in (pair.blue, pair.green) if slot.release}
        newest: list[str] = []
        for deployment in self.history.deployments(project.name, None, _RECENT):
            usable = deployment.status is DeploymentStatus.SUCCESS or deployment.open
            if usable and deployment.digest and deployment.digest not in held and deployment.digest not in newest:
                newest.append(deployment.digest)
        return frozenset(held | set(newest[: project.settings.keep_images]))
