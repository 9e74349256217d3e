"""Deploy: put an image into the slot that has no traffic. Spec section 3."""

from dataclasses import dataclass, replace

from codeb.domain.deployment import (
    DeployFailed,
    Deployment,
    DeploymentStatus,
    Step,
    StepListener,
    StepName,
    new_deployment_id,
)
from codeb.domain.events import EventKind
from codeb.domain.names import Environment, SlotName
from codeb.domain.project import Project
from codeb.domain.records import deployment_record
from codeb.domain.slots import Release, Slot, SlotPair, SlotState
from codeb.errors import CodebError
from codeb.services.actor import Actor
from codeb.services.container import container_spec, probe_target
from codeb.services.images import ImageRules
from codeb.services.protocols import (
    Clock,
    ContainerRuntime,
    EnvFiles,
    EnvStore,
    EnvVersion,
    History,
    Journal,
    Locks,
    Probe,
    Projects,
    Proxy,
    SlotStore,
)
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges
from codeb.services.steps import StepLog, ignore


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """``image`` overrides ``version``; ``timeout`` (seconds) the project's own; ``force`` redeploys what is there."""

    environment: Environment
    version: str = "latest"
    image: str | None = None
    timeout: int | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class DeployResult:
    environment: Environment
    slot: SlotName
    port: int
    image: str
    preview_url: str
    deployment_id: str
    changed: bool
    health_checked: bool
    steps: tuple[Step, ...]
    grace_discarded: str | None = None


@dataclass(frozen=True, slots=True)
class Deploy:
    """The use case; call it with a request, who asks, and optionally who listens to its steps."""

    projects: Projects
    slots: SlotStore
    locks: Locks
    journal: Journal
    history: History
    runtime: ContainerRuntime
    envs: EnvStore
    env_files: EnvFiles
    proxy: Proxy
    probe: Probe
    changes: SlotChanges
    images: ImageRules
    addresses: Addresses
    clock: Clock

    def __call__(self, request: DeployRequest, actor: Actor, on_step: StepListener = ignore) -> DeployResult:
        """Deploy and wait until healthy; raises DeployFailed with everything as before, or Locked."""
        log = StepLog(on_step)
        with log.step(StepName.VERIFY_PROJECT):
            project = self.projects.get(request.environment.project)
            image, version = self.images.resolve(project.name, request.image, request.version)
        with self.locks.held(request.environment, "deploy", actor.name):
            with log.step(StepName.GET_SLOT_STATUS):
                pair = self.slots.get(request.environment)
            with log.step(StepName.SELECT_SLOT):
                slot = pair.target
            deployment = Deployment(
                id=new_deployment_id(),
                environment=request.environment,
                image=image,
                version=version,
                deployed_by=actor.name,
                source=actor.source,
                created_at=self.clock.now(),
                slot=slot.name,
                settings=project.settings.model_dump(mode="json"),
            )
            with log.step(StepName.RECORD_DEPLOYMENT):
                self._record(deployment, pair)
                deployment = replace(deployment, status=DeploymentStatus.RUNNING)
                self._record(deployment, pair)
            run = _Run(self, request, project, pair, slot, deployment, log)
            return self._close(run)

    def _close(self, run: "_Run") -> DeployResult:
        """Whatever happens in the run, its deployment ends as success or failed."""
        try:
            result = run.release()
        except Exception as error:
            reason = str(error) if isinstance(error, CodebError) else f"internal error: {type(error).__name__}"
            failed = replace(run.deployment.failed(reason, self.clock.now()), steps=tuple(run.log.done))
            self._record(failed, run.pair)
            if isinstance(error, CodebError):
                raise DeployFailed(failed, reason, error.code) from error
            raise
        ended = replace(
            run.deployment, status=DeploymentStatus.SUCCESS, steps=tuple(run.log.done), completed_at=self.clock.now()
        )
        self._record(ended, run.pair)
        return replace(result, steps=tuple(run.log.done))

    def _record(self, deployment: Deployment, pair: SlotPair) -> None:
        self.journal.append(
            deployment.environment,
            EventKind.DEPLOYMENT,
            generation=pair.generation,
            by=deployment.deployed_by,
            why=f"deploy {deployment.status}",
            data={"deployment": deployment_record(deployment)},
        )
        self.history.project(deployment.environment)


@dataclass(slots=True)
class _Run:
    """One run of the steps that change the world, from the pull on."""

    use: Deploy
    request: DeployRequest
    project: Project
    pair: SlotPair
    slot: Slot
    deployment: Deployment
    log: StepLog

    def release(self) -> DeployResult:
        with self.log.step(StepName.PULL_IMAGE):
            digest = self.use.runtime.pull(self.deployment.image)
            env = self.use.envs.current(self.request.environment)
            self.deployment = replace(self.deployment, digest=digest, env_version=env.version)
        if not self.request.force and (same := self._same_already(digest, env)):
            self.log.skip(
                StepName.CLEANUP_CONTAINER,
                StepName.SYNC_ENV,
                StepName.START_CONTAINER,
                StepName.HEALTH_CHECK,
                StepName.UPDATE_REGISTRY,
            )
            return self._result(same, changed=False)
        return self._replace(env)

    def _same_already(self, digest: str, env: EnvVersion) -> Slot | None:
        """The slot that has this very release and is well: the active one, or the target when deployed."""
        for slot in (self.pair.active, self.pair.candidate):
            if slot is None or slot.release is None:
                continue
            same = slot.release.same_content(digest, env.version, self.project.settings.hash)
            target = probe_target(self.project.settings, self.request.timeout)
            if same and self.use.probe.answers(slot.port, target) is None:
                return slot
        return None

    def _replace(self, env: EnvVersion) -> DeployResult:
        use, environment = self.use, self.request.environment
        site = use.addresses.site(self.project, self.pair)
        spec = container_spec(self.project, self.slot, self.deployment, env)
        with self.log.step(StepName.CLEANUP_CONTAINER):
            use.changes.narrow(self.pair, site)
            ticket = use.runtime.clear(spec.name, self.deployment.id)
        try:
            with self.log.step(StepName.SYNC_ENV):
                use.env_files.write(environment, env)
            with self.log.step(StepName.START_CONTAINER):
                use.runtime.start(ticket, spec)
            with self.log.step(StepName.HEALTH_CHECK):
                use.runtime.wait_ready(spec, probe_target(self.project.settings, self.request.timeout))
            with self.log.step(StepName.UPDATE_REGISTRY):
                use.proxy.install(site)
                after = self.pair.deployed(self.slot.name, self._held())
                use.changes.commit(after, by=self.deployment.deployed_by, why=f"deploy {self.deployment.id}")
        except BaseException:
            use.runtime.undo(ticket)
            raise
        use.runtime.commit(ticket)
        return self._result(after.slot(self.slot.name), changed=True)

    def _held(self) -> Release:
        return Release(
            deployment_id=self.deployment.id,
            image=self.deployment.image,
            digest=self.deployment.digest,
            version=self.deployment.version,
            env_version=self.deployment.env_version,
            settings_hash=self.project.settings.hash,
            deployed_at=self.use.clock.now(),
            deployed_by=self.deployment.deployed_by,
        )

    def _result(self, slot: Slot, *, changed: bool) -> DeployResult:
        held = self.slot.release
        return DeployResult(
            environment=self.request.environment,
            slot=slot.name,
            port=slot.port,
            image=self.deployment.image,
            preview_url=self.use.addresses.preview_url(self.request.environment, slot.name),
            deployment_id=slot.release.deployment_id if slot.release else self.deployment.id,
            changed=changed,
            health_checked=True,
            steps=(),
            grace_discarded=held.deployment_id if changed and held and self.slot.state is SlotState.GRACE else None,
        )
