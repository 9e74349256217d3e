"""Every use case on fakes."""

from dataclasses import dataclass, field

from codeb.services.domains import DomainRules
from codeb.services.images import ImageRules
from codeb.services.outside import Outside
from codeb.services.sites import Addresses
from codeb.services.wiring import UseCases, wire
from codeb.settings import Secret
from tests.fakes.access import FakeAccess
from tests.fakes.audit import FakeAuditLog
from tests.fakes.backings import FakeCaches, FakeDatabases
from tests.fakes.containers import FakeRuntime
from tests.fakes.domains import FakeCertificates, FakeDns, FakeDomains
from tests.fakes.envs import FakeEnvFiles, FakeEnvs, FakeVault
from tests.fakes.faults import Faults
from tests.fakes.git import FakeHosting, FakeRepositories
from tests.fakes.proxy import FakeMeter, FakeProbe, FakeProxy, FakeSmoke
from tests.fakes.quotas import FakeDeployPlaces, FakeImageSizes
from tests.fakes.records import (
    REGISTRY,
    FakeAnnouncements,
    FakeCancellations,
    FakeClock,
    FakeDumps,
    FakeHistory,
    FakeHostCheck,
    FakeJournal,
    FakeLeftovers,
    FakeLocks,
    FakeProjects,
    FakeRollbackLog,
    FakeSlots,
)
from tests.fakes.registry_images import FakeRegistryImages, FakeSightings
from tests.fakes.tasks import FakeTasks


@dataclass
class World:
    """The fakes, to look at and to break, and the use cases wired to them."""

    clock: FakeClock = field(default_factory=FakeClock)
    faults: Faults = field(default_factory=Faults)
    locks: FakeLocks = field(default_factory=FakeLocks)
    envs: FakeEnvs = field(default_factory=FakeEnvs)
    env_vault: FakeVault = field(default_factory=FakeVault)
    probe: FakeProbe = field(default_factory=FakeProbe)
    smoke: FakeSmoke = field(default_factory=FakeSmoke)
    dumps: FakeDumps = field(default_factory=FakeDumps)
    audit_log: FakeAuditLog = field(default_factory=FakeAuditLog)
    check: FakeHostCheck = field(default_factory=FakeHostCheck)
    cancellations: FakeCancellations = field(default_factory=FakeCancellations)
    sizes: FakeImageSizes = field(default_factory=FakeImageSizes)
    places: FakeDeployPlaces = field(default_factory=FakeDeployPlaces)
    access: FakeAccess = field(default_factory=FakeAccess)
    announcements: FakeAnnouncements = field(default_factory=FakeAnnouncements)
    rollback_log: FakeRollbackLog = field(default_factory=FakeRollbackLog)
    databases: FakeDatabases = field(default_factory=FakeDatabases)
    caches: FakeCaches = field(default_factory=FakeCaches)
    allowed_domains: dict[str, tuple[str, ...]] = field(default_factory=dict)
    dns: FakeDns = field(default_factory=FakeDns)
    certificates: FakeCertificates = field(default_factory=FakeCertificates)
    registry_images: FakeRegistryImages = field(default_factory=FakeRegistryImages)
    sightings: FakeSightings = field(default_factory=FakeSightings)
    tasks: FakeTasks = field(default_factory=FakeTasks)
    hosting: FakeHosting = field(default_factory=FakeHosting)
    addresses: Addresses = field(default_factory=lambda: Addresses("codeb.test", "https", Secret("preview")))

    def __post_init__(self) -> None:
        self.runtime = FakeRuntime(self.faults)
        self.env_files = FakeEnvFiles(self.faults)
        self.journal = FakeJournal(self.clock, self.faults)
        self.slots = FakeSlots(self.journal)
        self.projects = FakeProjects(self.clock)
        self.domains = FakeDomains(self.projects, self.addresses.domain)
        self.repositories = FakeRepositories(self.projects)
        self.history = FakeHistory(self.journal)
        self.proxy = FakeProxy(self.clock, self.faults)
        self.meter = FakeMeter(self.clock)
        self.use: UseCases = wire(
            Outside(
                clock=self.clock,
                locks=self.locks,
                journal=self.journal,
                slots=self.slots,
                projects=self.projects,
                history=self.history,
                envs=self.envs,
                env_vault=self.env_vault,
                env_files=self.env_files,
                runtime=self.runtime,
                proxy=self.proxy,
                probe=self.probe,
                smoke=self.smoke,
                meter=self.meter,
                rollback_log=self.rollback_log,
                leftovers=FakeLeftovers(),
                cancellations=self.cancellations,
                dumps=self.dumps,
                announcements=self.announcements,
                access=self.access,
                deploy_places=self.places,
                image_sizes=self.sizes,
                task_store=self.tasks,
                repositories=self.repositories,
                git_hosting=self.hosting,
                images=ImageRules(REGISTRY),
                addresses=self.addresses,
                domains=self.domains,
                dns=self.dns,
                certificates=self.certificates,
                domain_rules=DomainRules(
                    ("registry.test",), "203.0.113.1", lambda team: self.allowed_domains.get(team, ())
                ),
                audit_log=self.audit_log,
                checks=(self.check,),
                min_free=1000,
                databases=self.databases,
                caches=self.caches,
                registry_images=self.registry_images,
                sightings=self.sightings,
            )
        )
        self.deploy, self.promote, self.rollback = self.use.deploy, self.use.promote, self.use.rollback
        self.rollback_to, self.cleanup, self.maintenance = self.use.rollback_to, self.use.cleanup, self.use.maintenance
        self.pin, self.cancel, self.status, self.env = self.use.pin, self.use.cancel, self.use.status, self.use.env
        self.init_project, self.update_project = self.use.init_project, self.use.update_project
        self.delete_project, self.recover, self.doctor = self.use.delete_project, self.use.recover, self.use.doctor
        self.upkeep, self.watch = self.use.upkeep, self.use.watch
