"""Cold rollback: bring any recorded deployment back, by its id. Spec sections 2 and 5."""

from dataclasses import dataclass
from datetime import datetime

from codeb.domain.deployment import Deployment, DeploymentStatus, StepListener
from codeb.domain.names import Environment
from codeb.domain.slot_refusals import MigrationBetween
from codeb.domain.slots import SlotPair, holds
from codeb.errors import Refused
from codeb.services.actor import Actor
from codeb.services.deploy import Deploy
from codeb.services.errors import UnknownDeployment
from codeb.services.promote import Promote, Switched
from codeb.services.protocols import History, PlaceListener, Projects, RollbackLog, SlotStore, unheard
from codeb.services.release_steps import DeployRequest
from codeb.services.rollback import Rollback
from codeb.services.slot_changes import rollback_entry
from codeb.services.steps import ignore

_LOOKED_AT = 200
"""Deployments back that may have migrated the database."""


class NotARelease(Refused):
    """A deployment that never ran: there is nothing to go back to."""

    code = "not_a_release"

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(
            f"{deployment.id} ended as {deployment.status} and never served anybody; choose one that succeeded"
        )


@dataclass(frozen=True, slots=True)
class RollbackTo:
    """Warm where the grace slot holds it, else a deploy and a promote of what was recorded."""

    projects: Projects
    slots: SlotStore
    history: History
    deploy: Deploy
    promote: Promote
    rollback: Rollback
    log: RollbackLog

    def __call__(
        self,
        environment: Environment,
        deployment_id: str,
        actor: Actor,
        reason: str = "",
        *,
        force: bool = False,
        on_step: StepListener = ignore,
        on_place: PlaceListener = unheard,
    ) -> Switched:
        """Raises UnknownDeployment, NotARelease, and what deploy, promote and rollback raise."""
        self.projects.get(environment.project)
        pair = self.slots.get(environment)
        if holds(pair.active, deployment_id):
            return self.promote.unchanged(pair)
        self.require_no_migration(environment, deployment_id, force=force)
        if self.warm(pair, deployment_id):
            return self.rollback(environment, actor, reason, only=deployment_id, force=force, on_place=on_place)
        if not holds(pair.candidate, deployment_id):
            recorded = self.recorded(environment, deployment_id)
            request = DeployRequest(environment, force=force, recorded=recorded)
            deployment_id = self.deploy(request, actor, on_step, on_place).deployment_id
        done = self.promote(environment, actor, only=deployment_id, on_place=on_place)
        if done.changed:
            now = self.rollback.clock.now()
            why = reason or f"back to {deployment_id}"
            self.log.append(
                environment,
                rollback_entry(pair.active, done.active, by=actor.name, team=actor.team_id, why=why, at=now),
            )
        return done

    def warm(self, pair: SlotPair, deployment_id: str) -> bool:
        held = pair.grace
        return held is not None and holds(held, deployment_id) and held.in_grace(self.rollback.clock.now())

    def require_no_migration(self, environment: Environment, deployment_id: str, *, force: bool) -> None:
        """Raises MigrationBetween where the database was migrated for a later release, unless ``force``."""
        if force:
            return
        wanted = self.recorded(environment, deployment_id)
        for later in self.history.deployments(environment.project, environment.name, _LOOKED_AT):
            migrated_at = later.migration.get("at")
            done = later.migration.get("state") == "done" and later.id != wanted.id
            if done and isinstance(migrated_at, str) and datetime.fromisoformat(migrated_at) > wanted.created_at:
                raise MigrationBetween(environment, later.id)

    def recorded(self, environment: Environment, deployment_id: str) -> Deployment:
        """What would be brought back; raises UnknownDeployment, NotARelease."""
        recorded = self.history.deployment(environment.project, deployment_id)
        if recorded.environment != environment:
            raise UnknownDeployment(environment.project, deployment_id)
        if recorded.status is not DeploymentStatus.SUCCESS or not recorded.digest:
            raise NotARelease(recorded)
        return recorded
