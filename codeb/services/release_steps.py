"""The steps of a deploy that change the world, from the pull on, and their undo. Spec section 3, steps 5-10."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from codeb.domain.deployment import Deployment, Step, StepName
from codeb.domain.names import Environment, SlotName
from codeb.domain.project import Project, ProjectSettings
from codeb.domain.records import iso
from codeb.domain.slots import Release, Slot, SlotPair, held_id
from codeb.errors import CodebError
from codeb.services.container import container_spec, probe_target
from codeb.services.deployment_log import DeploymentLog
from codeb.services.errors import Cancelled, Undoing
from codeb.services.images import ImageSource
from codeb.services.protocols import (
    Cancellations,
    Clock,
    ContainerSpec,
    EnvFiles,
    EnvStore,
    EnvVersion,
    Probe,
    Projects,
    Proxy,
    SlotStore,
    Ticket,
)
from codeb.services.quotas import Claim
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges
from codeb.services.steps import StepLog

_AFTER_PULL = (
    StepName.CLEANUP_CONTAINER,
    StepName.SYNC_ENV,
    StepName.START_CONTAINER,
    StepName.HEALTH_CHECK,
    StepName.UPDATE_REGISTRY,
)


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """``image`` overrides ``version``; ``timeout`` (seconds) the project's own; ``force`` redeploys what is there.

    ``recorded`` brings an earlier deployment back: its image, its version of the env and its settings.
    """

    environment: Environment
    version: str = "latest"
    image: str | None = None
    timeout: int | None = None
    force: bool = False
    recorded: Deployment | None = None

    def settings(self, project: Project) -> ProjectSettings:
        return ProjectSettings.model_validate(self.recorded.settings) if self.recorded else project.settings

    @property
    def back(self) -> bool:
        """An earlier deployment is wanted back."""
        return self.recorded is not None

    @property
    def reference(self) -> str | None:
        return self.recorded.digest if self.recorded else self.image


@dataclass(frozen=True, slots=True)
class DeployResult:
    environment: Environment
    slot: SlotName
    port: int
    image: str
    preview_url: str
    preview_link: str
    deployment_id: str
    changed: bool
    health_checked: bool
    steps: tuple[Step, ...]
    grace_discarded: Mapping[str, object] | None = None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Run:
    """One deploy under way; ``deployment`` grows as the steps learn more."""

    request: DeployRequest
    project: Project
    pair: SlotPair
    slot: Slot
    deployment: Deployment
    steps: StepLog
    claim: Claim

    @property
    def settings(self) -> ProjectSettings:
        return self.request.settings(self.project)

    def held(self) -> Release:
        """What the slot will hold. What is brought back may have been migrated when it was new."""
        return Release(
            deployment_id=self.deployment.id,
            image=self.deployment.image,
            digest=self.deployment.digest,
            version=self.deployment.version,
            env_version=self.deployment.env_version,
            settings=self.settings,
            deployed_at=self.deployment.created_at,
            deployed_by=self.deployment.deployed_by,
            migrated=self.request.recorded is not None and self.request.recorded.migration.get("state") == "done",
        )


@dataclass(frozen=True, slots=True)
class ReleaseSteps:
    projects: Projects
    slots: SlotStore
    log: DeploymentLog
    envs: EnvStore
    env_files: EnvFiles
    proxy: Proxy
    probe: Probe
    changes: SlotChanges
    images: ImageSource
    cancellations: Cancellations
    addresses: Addresses
    clock: Clock

    def __call__(self, run: Run) -> DeployResult:
        """Raises with everything as it was before."""
        reference = run.request.reference or run.deployment.image
        with run.steps.step(StepName.PULL_IMAGE):
            digest = self.images.find(reference)
            env = self._env(run.request)
            run.deployment = replace(run.deployment, digest=digest, env_version=env.version)
            same = None if run.request.force else self.same_already(run.pair, run.held(), run.request.timeout)
            if same is None:
                run.pair.require_deployable(self.clock.now(), force=run.request.force)
                run.claim(run.request.environment, run.slot, run.settings)
                with run.claim.pulling():
                    self.images.fetch(digest, lambda: self._stop(run))
                self.log.record(run.deployment, run.pair)
        if same is not None:
            run.steps.skip(*_AFTER_PULL)
            return self._result(run, same, changed=False)
        return self._replace(run, env)

    def _env(self, request: DeployRequest) -> EnvVersion:
        if request.recorded is not None:
            return self.envs.version(request.environment, request.recorded.env_version)
        return self.envs.current(request.environment)

    def same_already(self, pair: SlotPair, wanted: Release, timeout: int | None = None) -> Slot | None:
        """The slot that has this very release and is well: the active one, or the target when deployed."""
        target = probe_target(wanted.settings, timeout)
        for slot in (pair.active, pair.candidate):
            if slot is None or slot.release is None or not slot.release.same_content(wanted):
                continue
            seen = self.images.runtime.observe(pair.environment.container(slot.name))
            if seen.deployment_id == held_id(slot) and self.probe.answers(slot.port, target) is None:
                return slot
        return None

    def _replace(self, run: Run, env: EnvVersion) -> DeployResult:
        environment = run.request.environment
        after = run.pair.deployed(run.slot.name, run.held())
        spec = container_spec(run.project, environment, run.slot, run.held(), env)
        runtime = self.images.runtime
        installed = False
        try:
            with run.steps.step(StepName.CLEANUP_CONTAINER):
                self._stop(run)
                self.changes.narrow(run.pair, self.addresses.site(run.project, run.pair))
                ticket = runtime.clear(spec.name, run.deployment.id)
            with run.steps.step(StepName.SYNC_ENV):
                self._stop(run)
                self.env_files.write(environment, env)
            with run.steps.step(StepName.START_CONTAINER):
                runtime.start(ticket, spec)
            with run.steps.step(StepName.HEALTH_CHECK):
                self._healthy(run, spec)
            with run.steps.step(StepName.UPDATE_REGISTRY):
                self._stop(run)
                installed = self._install(environment, after)
                self.changes.commit(after, by=run.deployment.deployed_by, why=f"deploy {run.deployment.id}")
        except BaseException as failure:
            if not self._stands(run):
                self._undo(run, failure, installed=installed)
            raise
        warnings = self._settle(ticket)
        return replace(self._result(run, after.slot(run.slot.name), changed=True), warnings=warnings)

    def _install(self, environment: Environment, pair: SlotPair) -> bool:
        """The site of these slots, by what is declared now: settings may have changed while the deploy waited."""
        return self.proxy.install(self.addresses.site(self.projects.get(environment.project), pair))

    def _stands(self, run: Run) -> bool:
        """The journal says that the slot holds it: from then on nothing is undone."""
        return held_id(self.slots.get(run.request.environment).slot(run.slot.name)) == run.deployment.id

    def _undo(self, run: Run, failure: BaseException, *, installed: bool) -> None:
        """The slot as it was, however far it was cleared; raises Undoing where that cannot be done now."""
        runtime, container = self.images.runtime, run.request.environment.container(run.slot.name)
        try:
            runtime.undo(runtime.left_behind(container, run.deployment.id))
            if installed:
                self._install(run.request.environment, run.pair)
        except CodebError as trouble:
            raise Undoing(failure, trouble) from failure

    def _settle(self, ticket: Ticket) -> tuple[str, ...]:
        """The deploy has happened; what was set aside goes, now or at the next recovery."""
        try:
            self.images.runtime.commit(ticket)
        except CodebError as error:
            return (f"the container before it was not removed: {error}",)
        return ()

    def _healthy(self, run: Run, spec: ContainerSpec) -> None:
        target = probe_target(run.settings, run.request.timeout)
        self.images.runtime.wait_ready(spec, target, lambda: self._stop(run))

    def _stop(self, run: Run) -> None:
        if self.cancellations.requested(run.deployment.id):
            raise Cancelled(f"{run.deployment.id} was cancelled; everything is as it was before it")

    def _result(self, run: Run, slot: Slot, *, changed: bool) -> DeployResult:
        environment = run.request.environment
        return DeployResult(
            environment=environment,
            slot=slot.name,
            port=slot.port,
            image=run.deployment.image,
            preview_url=self.addresses.preview_url(environment, slot.name),
            preview_link=self.addresses.preview_link(run.project, environment, slot.name),
            deployment_id=slot.release.deployment_id if slot.release else run.deployment.id,
            changed=changed,
            health_checked=True,
            steps=(),
            grace_discarded=self._discarded(run) if changed else None,
        )

    def _discarded(self, run: Run) -> Mapping[str, object] | None:
        """What a live grace slot held that this deploy has ended."""
        held = run.slot.release
        if held is None or not run.slot.in_grace(self.clock.now()):
            return None
        return {
            "deploymentId": held.deployment_id,
            "version": held.version,
            "digest": held.digest,
            "graceExpiresAt": iso(run.slot.grace_expires_at),
        }
