"""Every use case, made from whatever plays the world: real adapters on a host, fakes in a test."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from codeb.domain.slots import DEFAULT_GRACE
from codeb.services.announce import Announcer
from codeb.services.cancel import Cancel
from codeb.services.cleanup import Cleanup
from codeb.services.cold_rollback import RollbackTo
from codeb.services.delete_project import DeleteProject
from codeb.services.deploy import Deploy
from codeb.services.deployment_log import DeploymentLog
from codeb.services.doctor import Doctor
from codeb.services.env_diff import CompareEnv
from codeb.services.env_sync import EnvSync
from codeb.services.hosts import Hosts
from codeb.services.image_cleanup import ImageCleanup
from codeb.services.images import ImageRules, ImageSource
from codeb.services.init_project import InitProject
from codeb.services.maintenance import Maintenance
from codeb.services.mend import Mend
from codeb.services.migrate import Migrate
from codeb.services.pin import Pin
from codeb.services.promote import Gates, Promote
from codeb.services.protocols import (
    Announcements,
    Cancellations,
    Clock,
    ContainerRuntime,
    Dumps,
    EnvFiles,
    EnvStore,
    History,
    HostCheck,
    Journal,
    Leftovers,
    Locks,
    Probe,
    Projects,
    Proxy,
    RollbackLog,
    SlotStore,
    Smoke,
    TrafficMeter,
)
from codeb.services.reconcile import Reconcile
from codeb.services.recover import Recover
from codeb.services.release_steps import ReleaseSteps
from codeb.services.revive import Revive
from codeb.services.rollback import Rollback
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges
from codeb.services.status import SlotStatus
from codeb.services.turns import Turns
from codeb.services.update_project import UpdateProject
from codeb.services.upkeep import Upkeep
from codeb.services.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the use cases need of the world. ``min_free`` in bytes."""

    clock: Clock
    locks: Locks
    journal: Journal
    slots: SlotStore
    projects: Projects
    history: History
    envs: EnvStore
    env_files: EnvFiles
    runtime: ContainerRuntime
    proxy: Proxy
    probe: Probe
    smoke: Smoke
    meter: TrafficMeter
    rollback_log: RollbackLog
    leftovers: Leftovers
    cancellations: Cancellations
    dumps: Dumps
    announcements: Announcements
    images: ImageRules
    addresses: Addresses
    checks: Sequence[HostCheck] = ()
    min_free: int = 0
    grace: timedelta = field(default=DEFAULT_GRACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """What can be done, and what the doors look at themselves."""

    addresses: Addresses
    projects: Projects
    history: History
    runtime: ContainerRuntime
    proxy: Proxy
    deploy: Deploy
    promote: Promote
    rollback: Rollback
    rollback_to: RollbackTo
    cleanup: Cleanup
    maintenance: Maintenance
    pin: Pin
    cancel: Cancel
    status: SlotStatus
    env: EnvSync
    init_project: InitProject
    update_project: UpdateProject
    delete_project: DeleteProject
    recover: Recover
    doctor: Doctor
    upkeep: Upkeep
    watch: Watch
    hosts: Hosts


def wire(out: Outside) -> UseCases:
    """Nothing is contacted yet."""
    changes = SlotChanges(out.journal, out.slots, out.history, out.proxy, out.rollback_log)
    log = DeploymentLog(out.journal, out.history)
    mend = Mend(out.projects, out.slots, out.journal, log, out.runtime, out.proxy, changes, out.addresses, out.clock)
    turns = Turns(out.locks, out.journal, mend)
    turn = (out.projects, out.slots, turns)
    announce = Announcer(out.announcements, out.clock)
    deploy = Deploy(
        *turn,
        log,
        _steps(out, changes, log),
        ImageCleanup(out.runtime, out.history, out.slots, out.images),
        announce,
        out.clock,
    )
    gates, compare = Gates(out.runtime, out.probe, out.smoke), CompareEnv(out.envs)
    migrate = Migrate(out.runtime, out.envs, out.dumps, out.journal, changes, out.clock)
    promote = Promote(*turn, out.proxy, gates, migrate, changes, compare, announce, out.addresses, out.clock, out.grace)
    rollback = Rollback(*turn, out.proxy, gates, changes, compare, announce, out.addresses, out.clock)
    cleanup = Cleanup(*turn, out.runtime, changes, out.addresses, out.clock)
    delete = DeleteProject(
        out.projects, out.slots, out.journal, out.locks, out.runtime, out.proxy, out.env_files, out.dumps
    )
    recover = _recover(out, mend, delete)
    return UseCases(
        addresses=out.addresses,
        projects=out.projects,
        history=out.history,
        runtime=out.runtime,
        proxy=out.proxy,
        deploy=deploy,
        promote=promote,
        rollback=rollback,
        rollback_to=RollbackTo(out.projects, out.slots, out.history, deploy, promote, rollback, out.rollback_log),
        cleanup=cleanup,
        maintenance=Maintenance(*turn, out.proxy, changes, out.addresses),
        pin=Pin(*turn, changes, out.clock),
        cancel=Cancel(out.projects, out.history, out.locks, turns, out.cancellations),
        status=SlotStatus(out.projects, out.slots, out.runtime),
        env=EnvSync(out.projects, out.envs),
        init_project=InitProject(out.projects, out.slots, out.locks, out.journal, out.proxy, out.addresses, delete),
        update_project=UpdateProject(*turn, out.proxy, out.addresses),
        delete_project=delete,
        recover=recover,
        doctor=Doctor(recover, out.history, out.checks),
        upkeep=Upkeep(
            out.projects,
            out.slots,
            out.journal,
            turns,
            out.runtime,
            out.proxy,
            cleanup,
            out.addresses,
            out.clock,
        ),
        watch=Watch(out.projects, out.slots, out.meter, rollback, out.addresses, out.clock),
        hosts=Hosts(out.projects, out.addresses),
    )


def _steps(out: Outside, changes: SlotChanges, log: DeploymentLog) -> ReleaseSteps:
    return ReleaseSteps(
        out.projects,
        out.slots,
        log,
        out.envs,
        out.env_files,
        out.proxy,
        out.probe,
        changes,
        ImageSource(out.runtime, out.images, out.min_free),
        out.cancellations,
        out.addresses,
        out.clock,
    )


def _recover(out: Outside, mend: Mend, delete: DeleteProject) -> Recover:
    reconcile = Reconcile(out.slots, out.runtime, out.proxy, Revive(out.runtime, out.envs), out.addresses)
    return Recover(
        out.projects,
        out.slots,
        out.locks,
        out.journal,
        out.history,
        out.runtime,
        mend,
        reconcile,
        delete,
        out.leftovers,
    )
