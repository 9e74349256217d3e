"""The only module that names real adapters. Everything else receives what it needs."""

from dataclasses import dataclass

from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.adapters.caddy.proxy import CaddyProxy
from codeb.adapters.caddy.requests import SiteRequests
from codeb.adapters.caddy.site_file import SiteRenderer
from codeb.adapters.caddy.tree import SiteTree
from codeb.adapters.clock import SystemClock
from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.images import Images, RegistryLogin
from codeb.adapters.docker.readiness import Readiness
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.adapters.env_files import DotenvFiles
from codeb.adapters.journal import FileJournal
from codeb.adapters.locks import FileLocks
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.envs import EnvRows
from codeb.adapters.postgres.history import PostgresHistory
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.probe import HttpProbe
from codeb.adapters.projects import ProjectCopies, StoredProjects
from codeb.adapters.rollback_log import FileRollbackLog
from codeb.adapters.slot_files import SlotFiles
from codeb.services.cleanup import Cleanup
from codeb.services.delete_project import DeleteProject
from codeb.services.deploy import Deploy
from codeb.services.env_sync import EnvSync
from codeb.services.images import ImageRules
from codeb.services.init_project import InitProject
from codeb.services.promote import Promote
from codeb.services.protocols import ContainerRuntime, History, Projects, Proxy
from codeb.services.recover import Recover
from codeb.services.rollback import Rollback
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges
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


def build(settings: Settings) -> Services:
    """Wire the use cases to this host. Nothing is contacted yet; the database may be away."""
    root, clock = settings.root, SystemClock()
    addresses = Addresses(settings.domain, "http" if settings.tls == "off" else "https")
    database = Database.open(settings.database)
    journal = FileJournal(root / "journal", clock)
    slots = SlotFiles(root / "registry" / "slots", journal, clock)
    projects = StoredProjects(ProjectRows(database, settings.domain), ProjectCopies(root / "registry" / "projects"))
    history = PostgresHistory(database, journal)
    locks = FileLocks(root / "locks", clock)
    env_files = DotenvFiles(root / "env")
    envs = EnvRows(database, settings.env_key, env_files)
    proxy = caddy_proxy(settings)
    probe = HttpProbe()
    client = connect()
    login = RegistryLogin(settings.registry, settings.registry_username, settings.registry_password)
    runtime = DockerRuntime(client, Images(client, login), Readiness(probe))
    changes = SlotChanges(journal, slots, history, proxy)
    delete_project = DeleteProject(projects, slots, journal, locks, runtime, proxy, env_files)
    return Services(
        settings=settings,
        database=database,
        projects=projects,
        history=history,
        runtime=runtime,
        proxy=proxy,
        deploy=Deploy(
            projects=projects,
            slots=slots,
            locks=locks,
            journal=journal,
            history=history,
            runtime=runtime,
            envs=envs,
            env_files=env_files,
            proxy=proxy,
            probe=probe,
            changes=changes,
            images=ImageRules(settings.registry, settings.image_prefixes),
            addresses=addresses,
            clock=clock,
        ),
        promote=Promote(projects, slots, locks, proxy, probe, changes, addresses, clock),
        rollback=Rollback(
            projects,
            slots,
            locks,
            proxy,
            probe,
            changes,
            addresses,
            FileRollbackLog(root / "logs" / "rollbacks"),
            clock,
        ),
        cleanup=Cleanup(projects, slots, locks, runtime, changes, addresses, clock),
        status=SlotStatus(projects, slots, runtime),
        env=EnvSync(projects, envs),
        init_project=InitProject(projects, slots, journal, proxy, addresses, delete_project),
        delete_project=delete_project,
        recover=Recover(projects, slots, locks, journal, history, runtime, proxy, changes, addresses, clock),
    )


def caddy_proxy(settings: Settings) -> CaddyProxy:
    """The Caddy of this host."""
    routes = settings.root / "routes"
    return CaddyProxy(
        routes=routes,
        tree=SiteTree(
            sites=settings.caddy_sites,
            caddyfile=settings.caddy_file,
            lock=settings.root / "locks" / "caddy.lock",
            admin=CaddyAdmin(settings.caddy_admin),
        ),
        renderer=SiteRenderer(routes, settings.tls, settings.http_redirect, settings.probe_secret),
        requests=SiteRequests("https" if settings.tls != "off" and settings.http_redirect else "http"),
        probe_secret=settings.probe_secret,
        clock=SystemClock(),
    )
