"""Every use case on fakes."""

from dataclasses import dataclass, field

from codeb.services.cleanup import Cleanup
from codeb.services.delete_project import DeleteProject
from codeb.services.deploy import Deploy
from codeb.services.env_sync import EnvSync
from codeb.services.images import ImageRules
from codeb.services.init_project import InitProject
from codeb.services.promote import Promote
from codeb.services.recover import Recover
from codeb.services.rollback import Rollback
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges
from codeb.services.status import SlotStatus
from tests.fakes import (
    REGISTRY,
    FakeClock,
    FakeEnvFiles,
    FakeEnvs,
    FakeHistory,
    FakeJournal,
    FakeLocks,
    FakeProbe,
    FakeProjects,
    FakeProxy,
    FakeRollbackLog,
    FakeRuntime,
    FakeSlots,
)


@dataclass
class World:
    """Every use case on fakes, and the fakes themselves to look at."""

    clock: FakeClock = field(default_factory=FakeClock)
    locks: FakeLocks = field(default_factory=FakeLocks)
    runtime: FakeRuntime = field(default_factory=FakeRuntime)
    envs: FakeEnvs = field(default_factory=FakeEnvs)
    env_files: FakeEnvFiles = field(default_factory=FakeEnvFiles)
    probe: FakeProbe = field(default_factory=FakeProbe)
    rollback_log: FakeRollbackLog = field(default_factory=FakeRollbackLog)
    addresses: Addresses = field(default_factory=lambda: Addresses("codeb.test", "https"))

    def __post_init__(self) -> None:
        self.journal = FakeJournal(self.clock)
        self.slots = FakeSlots(self.journal)
        self.projects = FakeProjects(self.clock)
        self.history = FakeHistory(self.journal)
        self.proxy = FakeProxy(self.clock)
        self.changes = SlotChanges(self.journal, self.slots, self.history, self.proxy)
        self.deploy = Deploy(
            projects=self.projects,
            slots=self.slots,
            locks=self.locks,
            journal=self.journal,
            history=self.history,
            runtime=self.runtime,
            envs=self.envs,
            env_files=self.env_files,
            proxy=self.proxy,
            probe=self.probe,
            changes=self.changes,
            images=ImageRules(REGISTRY),
            addresses=self.addresses,
            clock=self.clock,
        )
        common = (self.projects, self.slots, self.locks, self.proxy, self.probe, self.changes, self.addresses)
        self.promote = Promote(*common, self.clock)
        self.rollback = Rollback(*common, self.rollback_log, self.clock)
        self.cleanup = Cleanup(
            self.projects, self.slots, self.locks, self.runtime, self.changes, self.addresses, self.clock
        )
        self.status = SlotStatus(self.projects, self.slots, self.runtime)
        self.env = EnvSync(self.projects, self.envs)
        self.delete_project = DeleteProject(
            self.projects, self.slots, self.journal, self.locks, self.runtime, self.proxy, self.env_files
        )
        self.init_project = InitProject(
            self.projects, self.slots, self.journal, self.proxy, self.addresses, self.delete_project
        )
        self.recover = Recover(
            self.projects,
            self.slots,
            self.locks,
            self.journal,
            self.history,
            self.runtime,
            self.proxy,
            self.changes,
            self.addresses,
            self.clock,
        )
