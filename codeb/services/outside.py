"""What the use cases need of the world, all of it: real adapters on a host, fakes in a test."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from codeb.domain.slots import DEFAULT_GRACE
from codeb.services.domains import DomainRules
from codeb.services.images import ImageRules
from codeb.services.protocols import (
    Announcements,
    Cancellations,
    Clock,
    ContainerRuntime,
    Dumps,
    EnvFiles,
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
from codeb.services.protocols.access import AccessRegistry
from codeb.services.protocols.audit_log import AuditLog
from codeb.services.protocols.backings import Caches, Databases
from codeb.services.protocols.domains import Certificates, Dns, DomainStore
from codeb.services.protocols.envs import EnvLedger, EnvVault
from codeb.services.protocols.git import GitHosting, Repositories
from codeb.services.protocols.memory import Forgetful, Memory
from codeb.services.protocols.quotas import DeployPlaces, ImageSizes
from codeb.services.protocols.registry_images import RegistryImages, Sightings
from codeb.services.protocols.tasks import TaskStore
from codeb.services.sites import Addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the use cases need of the world. ``min_free`` in bytes."""

    clock: Clock
    locks: Locks
    journal: Journal
    slots: SlotStore
    projects: Projects
    history: History
    envs: EnvLedger
    env_vault: EnvVault
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
    deploy_places: DeployPlaces
    image_sizes: ImageSizes
    access: AccessRegistry
    task_store: TaskStore
    repositories: Repositories
    git_hosting: GitHosting
    images: ImageRules
    addresses: Addresses
    domains: DomainStore
    dns: Dns
    certificates: Certificates
    domain_rules: DomainRules = field(default_factory=DomainRules)
    audit_log: AuditLog
    checks: Sequence[HostCheck] = ()
    databases: Databases | None = None
    caches: Caches | None = None
    registry_images: RegistryImages | None = None
    sightings: Sightings | None = None
    min_free: int = 0
    grace: timedelta = field(default=DEFAULT_GRACE)
    memory: Memory = field(default_factory=Forgetful)
