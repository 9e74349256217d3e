"""The only module that names real adapters. Everything else receives what it needs."""

from dataclasses import dataclass

from codeb.adapters.postgres.database import Database
from codeb.services.cleanup import Cleanup
from codeb.services.delete_project import DeleteProject
from codeb.services.deploy import Deploy
from codeb.services.env_sync import EnvSync
from codeb.services.init_project import InitProject
from codeb.services.promote import Promote
from codeb.services.protocols import ContainerRuntime, History, Projects, Proxy
from codeb.services.recover import Recover
from codeb.services.rollback import Rollback
from codeb.services.status import SlotStatus
from codeb.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases on real adapters. Close it when done."""

    settings: Settings
    database: Database
    projects: Projects
    history: History
    runtime: ContainerRuntime
    proxy: Proxy
    deploy: Deploy
    promote: Promote
    rollback: Rollback
    cleanup: Cleanup
    status: SlotStatus
    env: EnvSync
    init_project: InitProject
    delete_project: DeleteProject
    recover: Recover

    def close(self) -> None:
        self.database.close()
