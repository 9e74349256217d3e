"""Every use case, made from whatever plays the world: real adapters on a host, fakes in a test."""

from dataclasses import dataclass

from codeb.services.access import Access, access
from codeb.services.announce import Announcer
from codeb.services.audit import ReadAudit
from codeb.services.backing import GiveBackings
from codeb.services.cancel import Cancel
from codeb.services.cleanup import Cleanup
from codeb.services.cold_rollback import RollbackTo
from codeb.services.confirmations import Confirmations
from codeb.services.delete_project import DeleteProject
from codeb.services.deploy import Deploy
from codeb.services.deployment_log import DeploymentLog
from codeb.services.doctor import Doctor
from codeb.services.domain_recheck import RecheckDomains
from codeb.services.domain_sites import DomainSites
from codeb.services.domains import Domains
from codeb.services.env_diff import CompareEnv, CompareVersions
from codeb.services.env_history import EnvHistory
from codeb.services.env_restore import RestoreEnv
from codeb.services.env_rotation import RotateEnvKey
from codeb.services.env_sync import EnvSync
from codeb.services.git import Git
from codeb.services.hosts import Hosts
from codeb.services.image_cleanup import ImageCleanup
from codeb.services.images import ImageSource
from codeb.services.init_project import InitProject
from codeb.services.maintenance import Maintenance
from codeb.services.mend import Mend
from codeb.services.migrate import Migrate
from codeb.services.outside import Outside
from codeb.services.pin import Pin
from codeb.services.promote import Gates, Promote
from codeb.services.protocols import (
    ContainerRuntime,
    History,
    Projects,
    Proxy,
)
from codeb.services.prune_registry import PruneRegistry
from codeb.services.quotas import TeamQuotas
from codeb.services.reconcile import Reconcile
from codeb.services.recover import Recover
from codeb.services.release_steps import ReleaseSteps
from codeb.services.revive import Revive
from codeb.services.rollback import Rollback
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges
from codeb.services.status import SlotStatus
from codeb.services.tasks import Tasks
from codeb.services.team_rules import TeamRules
from codeb.services.turns import Turns
from codeb.services.update_project import UpdateProject
from codeb.services.upkeep import Upkeep
from codeb.services.watch import Watch


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
    env_history: EnvHistory
    env_diff: CompareVersions
    env_restore: RestoreEnv
    rotate_env_key: RotateEnvKey
    init_project: InitProject
    update_project: UpdateProject
    delete_project: DeleteProject
    recover: Recover
    doctor: Doctor
    upkeep: Upkeep
    watch: Watch
    hosts: Hosts
    confirmations: Confirmations
    backings: GiveBackings
    access: Access
    domains: Domains
    recheck_domains: RecheckDomains
    tasks: Tasks
    git: Git
    audit: ReadAudit
    quotas: TeamQuotas
    rules: TeamRules
    prune_registry: PruneRegistry | None = None


def wire(out: Outside) -> UseCases:
    """Nothing is contacted yet."""
    changes = SlotChanges(out.journal, out.slots, out.history, out.proxy, out.rollback_log)
    log = DeploymentLog(out.journal, out.history)
    mend = Mend(out.projects, out.slots, out.journal, log, out.runtime, out.proxy, changes, out.addresses, out.clock)
    turns = Turns(out.locks, out.journal, mend)
    turn = (out.projects, out.slots, turns)
    rules = TeamRules(out.access, out.grace)
    quotas = TeamQuotas(out.access, out.projects, out.slots, out.deploy_places, out.memory, out.image_sizes, out.images)
    announce = Announcer(out.announcements, out.clock, rules)
    deploy = Deploy(
        *turn,
        log,
        _steps(out, changes, log),
        ImageCleanup(out.runtime, out.history, out.slots, out.images),
        announce,
        out.clock,
        quotas,
    )
    gates, compare = Gates(out.runtime, out.probe, out.smoke), CompareEnv(out.envs)
    migrate = Migrate(out.runtime, out.envs, out.dumps, out.journal, changes, out.clock)
    promote = Promote(*turn, out.proxy, gates, migrate, changes, compare, announce, out.addresses, out.clock, rules)
    rollback = Rollback(*turn, out.proxy, gates, changes, compare, announce, out.addresses, out.clock)
    cleanup = Cleanup(*turn, out.runtime, changes, out.addresses, out.clock)
    env = EnvSync(out.projects, out.envs)
    give = GiveBackings(out.databases, out.caches, env, out.dumps)
    delete = DeleteProject(
        out.projects,
        out.slots,
        out.journal,
        out.locks,
        out.runtime,
        out.proxy,
        out.env_files,
        out.dumps,
        give,
        out.clock,
        out.images,
        out.registry_images,
    )
    recover = _recover(out, mend, delete)
    hosts = Hosts(out.projects, out.addresses, out.certificates)
    domains = _domains(out, turns, hosts)
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
        env=env,
        init_project=InitProject(
            out.projects, out.slots, out.locks, out.journal, out.proxy, out.addresses, delete, give, quotas
        ),
        env_history=EnvHistory(out.projects, out.envs),
        env_diff=CompareVersions(out.projects, out.envs),
        env_restore=RestoreEnv(out.projects, out.envs),
        rotate_env_key=RotateEnvKey(out.env_vault),
        status=SlotStatus(out.projects, out.slots, out.runtime, out.memory),
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
        confirmations=Confirmations(out.clock),
        backings=give,
        access=access(out.access, out.projects, out.clock),
        hosts=hosts,
        domains=domains,
        recheck_domains=RecheckDomains(domains),
        tasks=Tasks(out.task_store, out.clock),
        git=Git(out.repositories, out.git_hosting),
        audit=ReadAudit(out.audit_log, out.clock),
        quotas=quotas,
        rules=rules,
        prune_registry=_prune_registry(out),
    )


def _prune_registry(out: Outside) -> PruneRegistry | None:
    """None where the registry is not ours."""
    if out.registry_images is None or out.sightings is None:
        return None
    cleanup = ImageCleanup(out.runtime, out.history, out.slots, out.images)
    return PruneRegistry(out.projects, out.slots, out.history, cleanup, out.registry_images, out.sightings, out.clock)


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


def _domains(out: Outside, turns: Turns, hosts: Hosts) -> Domains:
    sites = DomainSites(
        out.projects,
        out.slots,
        turns,
        out.proxy,
        out.domains,
        out.certificates,
        out.addresses,
        out.clock,
        hosts,
    )
    return Domains(out.projects, out.domains, out.dns, sites, out.domain_rules)


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
