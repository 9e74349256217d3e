"""Deploy: put an image into the slot that has no traffic. Spec section 3."""

from dataclasses import dataclass, replace

from codeb.domain.deployment import (
    DeployFailed,
    Deployment,
    DeploymentStatus,
    StepListener,
    StepName,
    new_deployment_id,
)
from codeb.domain.project import Project
from codeb.domain.quotas import QuotaReached
from codeb.domain.slots import Slot
from codeb.errors import CodebError
from codeb.services.actor import Actor
from codeb.services.announce import Announcer, Happening
from codeb.services.deployment_log import DeploymentLog
from codeb.services.errors import Undoing
from codeb.services.image_cleanup import ImageCleanup
from codeb.services.protocols import Clock, PlaceListener, Projects, SlotStore, unheard
from codeb.services.quotas import TeamQuotas
from codeb.services.release_steps import DeployRequest, DeployResult, ReleaseSteps, Run
from codeb.services.steps import StepLog, ignore
from codeb.services.turns import Turns


@dataclass(frozen=True, slots=True)
class Deploy:
    """The use case; call it with a request, who asks, and optionally who listens to its steps."""

    projects: Projects
    slots: SlotStore
    turns: Turns
    log: DeploymentLog
    steps: ReleaseSteps
    prune: ImageCleanup
    announce: Announcer
    clock: Clock
    quotas: TeamQuotas

    def __call__(
        self,
        request: DeployRequest,
        actor: Actor,
        on_step: StepListener = ignore,
        on_place: PlaceListener = unheard,
    ) -> DeployResult:
        """Deploy and wait until healthy; raises DeployFailed with everything as before, QuotaReached or Locked."""
        steps = StepLog(on_step)
        with steps.step(StepName.VERIFY_PROJECT):
            project = self.projects.get(request.environment.project)
            rules = self.steps.images.rules
            image, version = rules.resolve(project.name, request.reference, request.version)
        with (
            self.quotas.deploying(project, request.environment, actor.name, back=request.back) as claim,
            self.turns.taken(request.environment, "deploy", actor.name, on_place=on_place),
        ):
            project = self.projects.get(request.environment.project)
            with steps.step(StepName.GET_SLOT_STATUS):
                pair = self.slots.get(request.environment)
            with steps.step(StepName.SELECT_SLOT):
                slot = pair.target
            deployment = self._deployment(request, project, slot, actor, (image, version))
            with steps.step(StepName.RECORD_DEPLOYMENT):
                self.log.record(deployment, pair)
                deployment = replace(deployment, status=DeploymentStatus.RUNNING)
                self.log.record(deployment, pair)
            return self._run(Run(request, project, pair, slot, deployment, steps, claim))

    def _deployment(
        self, request: DeployRequest, project: Project, slot: Slot, actor: Actor, what: tuple[str, str]
    ) -> Deployment:
        recorded = request.recorded
        return Deployment(
            id=new_deployment_id(),
            environment=request.environment,
            image=recorded.image if recorded else what[0],
            version=recorded.version if recorded else what[1],
            deployed_by=actor.name,
            source=actor.source,
            created_at=self.clock.now(),
            slot=slot.name,
            settings=request.settings(project).model_dump(mode="json", exclude_defaults=True),
        )

    def _run(self, run: Run) -> DeployResult:
        """Whatever happens in the run, its deployment ends as success or failed."""
        try:
            result = self.steps(run)
        except Exception as error:
            self._failed(run, error)
            raise
        finally:
            self.steps.cancellations.forget(run.deployment.id)
        done = tuple(run.steps.done)
        ended = replace(run.deployment, status=DeploymentStatus.SUCCESS, steps=done, completed_at=self.clock.now())
        self.log.record(ended, run.pair)
        warnings = result.warnings
        if result.changed:
            unpruned = self.prune(run.project)
            warnings = (*warnings, unpruned) if unpruned else warnings
            self._announce(run, "deployment", slot=str(result.slot), previewUrl=result.preview_url)
        return replace(result, steps=done, warnings=warnings)

    def _failed(self, run: Run, error: Exception) -> None:
        """Record the end; raises DeployFailed for what a person can act on."""
        reason = str(error) if isinstance(error, CodebError) else f"internal error: {type(error).__name__}"
        failed = replace(run.deployment.failed(reason, self.clock.now()), steps=tuple(run.steps.done))
        if not isinstance(error, Undoing):  # left open, so that the next turn of this environment ends it
            self.log.record(failed, run.pair)
        if isinstance(error, QuotaReached):  # the image that was too much goes again
            self.prune(run.project, refused=run.deployment.digest)
        self._announce(run, "failure", action="deploy", error=reason)
        if isinstance(error, CodebError):
            raise DeployFailed(failed, reason, error.code) from error

    def _announce(self, run: Run, happening: Happening, **facts: object) -> None:
        made = run.deployment
        common = {"deploymentId": made.id, "version": made.version, "by": made.deployed_by}
        self.announce(run.project, made.environment, happening, **common, **facts)
