"""Cancel a deploy: it ends as failed and everything is as it was. Spec section 6, deployment_cancel."""

from contextlib import suppress
from dataclasses import dataclass

from codeb.domain.deployment import Deployment
from codeb.services.errors import Locked
from codeb.services.mend import BY
from codeb.services.protocols import Cancellations, History, Locks, Projects
from codeb.services.turns import Turns


@dataclass(frozen=True, slots=True)
class Cancel:
    projects: Projects
    history: History
    locks: Locks
    turns: Turns
    cancellations: Cancellations

    def __call__(self, project: str, deployment_id: str) -> tuple[Deployment, bool]:
        """The deployment, and whether it was still open and has been asked to end. Raises UnknownDeployment.

        The deploy ends at its next step, or at its next try while it waits for health.
        """
        self.projects.get(project)
        deployment = self.history.deployment(project, deployment_id)
        if deployment.open and not self.locks.holder(deployment.environment):
            deployment = self._mended(deployment)
        if not deployment.open:
            return deployment, False
        self.cancellations.request(deployment_id)
        return deployment, True

    def _mended(self, deployment: Deployment) -> Deployment:
        """Nobody runs it any more: its process died, and taking a turn closes what it left."""
        with suppress(Locked), self.turns.taken(deployment.environment, "cancellation", BY, wait=0):
            pass
        return self.history.deployment(deployment.environment.project, deployment.id)
