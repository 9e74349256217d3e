"""Every use case on fakes."""

from dataclasses import dataclass, field

from codeb.services.images import ImageRules
from codeb.services.sites import Addresses
from codeb.services.wiring import Outside, UseCases, wire
from codeb.settings import Secret
from tests.fakes.containers import FakeRuntime
from tests.fakes.faults import Faults
from tests.fakes.proxy import FakeMeter, FakeProbe, FakeProxy, FakeSmoke
from tests.fakes.records import (
    REGISTRY,
    FakeAnnouncements,
    FakeCancellations,
    FakeClock,
    FakeDumps,
    FakeEnvFiles,
    FakeEnvs,
    FakeHistory,
    FakeHostCheck,
    FakeJournal,
    FakeLeftovers,
    FakeLocks,
    FakeProjects,
    FakeRollbackLog,
    FakeSlots,
)


@dataclass
class World:
    """The fakes, to look at and to break, and the use cases wired to them."""

    clock: FakeClock = field(default_factory=FakeClock)
    faults: Faults = field(default_factory=Faults)
    locks: FakeLocks = field(default_factory=FakeLocks)
    envs: FakeEnvs = field(default_factory=FakeEnvs)
    probe: FakeProbe = field(default_factory=FakeProbe)
    smoke: FakeSmoke = field(default_factory=FakeSmoke)
    dumps: FakeDumps = field(default_factory=FakeDumps)
    check: FakeHostCheck = field(default_factory=FakeHostCheck)
    cancellations: FakeCancellations = field(default_factory=FakeCancellations)
    announcements: FakeAnnouncements = field(default_factory=FakeAnnouncements)
    rollback_log: FakeRollbackLog = field(default_factory=FakeRollbackLog)
    addresses: Addresses = field(default_factory=lambda: Addresses("codeb.test", "https", Secret("preview")))

    def __post_init__(self) -> None:
        self.runtime = FakeRuntime(self.faults)
        self.env_files = FakeEnvFiles(self.faults)
        self.journal = FakeJournal(self.clock, self.faults)
        self.slots = FakeSlots(self.journal)
        self.projects = FakeProjects(self.clock)
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
                images=ImageRules(REGISTRY),
                addresses=self.addresses,
                checks=(self.check,),
                min_free=1000,
            )
        )
        self.deploy, self.promote, self.rollback = self.use.deploy, self.use.promote, self.use.rollback
        self.rollback_to, self.cleanup, self.maintenance = self.use.rollback_to, self.use.cleanup, self.use.maintenance
        self.pin, self.cancel, self.status, self.env = self.use.pin, self.use.cancel, self.use.status, self.use.env
        self.init_project, self.update_project = self.use.init_project, self.use.update_project
        self.delete_project, self.recover, self.doctor = self.use.delete_project, self.use.recover, self.use.doctor
        self.upkeep, self.watch = self.use.upkeep, self.use.watch
