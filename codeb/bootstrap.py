"""The only module that names real adapters. Everything else receives what it needs."""

from dataclasses import dataclass, fields
from datetime import timedelta

from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.adapters.caddy.proxy import CaddyProxy
from codeb.adapters.caddy.requests import SiteRequests
from codeb.adapters.caddy.site_file import SiteRenderer
from codeb.adapters.caddy.smoke import PreviewSmoke
from codeb.adapters.caddy.traffic import CaddyTraffic
from codeb.adapters.caddy.tree import SiteTree
from codeb.adapters.cancellations import FileCancellations
from codeb.adapters.clock import SystemClock
from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.events import EngineEvents
from codeb.adapters.docker.images import Images, RegistryLogin
from codeb.adapters.docker.readiness import Readiness
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.adapters.dumps import PgDumps
from codeb.adapters.env_files import DotenvFiles
from codeb.adapters.half_written import HalfWritten
from codeb.adapters.hooks.addresses import Allowed, PublicAddresses, system_addresses
from codeb.adapters.hooks.courier import Courier
from codeb.adapters.hooks.outbox import Outbox
from codeb.adapters.hooks.post import HookPost
from codeb.adapters.host_checks import CaddyVersion
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.local.exec import LocalExec
from codeb.adapters.locks import FileLocks
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.envs import EnvRows
from codeb.adapters.postgres.history import PostgresHistory
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.probe import HttpProbe
from codeb.adapters.projects import ProjectCopies, StoredProjects
from codeb.adapters.rollback_log import FileRollbackLog
from codeb.adapters.slot_files import SlotFiles
from codeb.services.images import ImageRules
from codeb.services.sites import Addresses
from codeb.services.wiring import Outside, UseCases, wire
from codeb.settings import Settings

_MB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(UseCases):
    """The use cases on real adapters. Close it when done."""

    settings: Settings
    database: Database
    courier: Courier
    events: EngineEvents

    def close(self) -> None:
        self.events.close()
        self.database.close()


def build(settings: Settings) -> Services:
    """Wire the use cases to this host. Nothing is contacted yet; the database may be away."""
    root, clock = settings.root, SystemClock()
    database = Database.open(settings.database)
    outbox = Outbox(root / "outbox", clock)
    events = EngineEvents()
    allowed = PublicAddresses(frozenset(settings.platform_hosts))
    use = wire(outside(settings, database, outbox, events))
    return Services(
        **{each.name: getattr(use, each.name) for each in fields(UseCases)},
        settings=settings,
        database=database,
        courier=Courier(outbox, settings.env_key, HookPost(system_addresses, allowed), clock),
        events=events,
    )


def outside(settings: Settings, database: Database, outbox: Outbox, events: EngineEvents) -> Outside:
    """The world as this host has it."""
    root, clock = settings.root, SystemClock()
    local = LocalExec()
    journal = FileJournal(root / "journal", clock)
    env_files = DotenvFiles(root / "env")
    proxy = caddy_proxy(settings)
    client = connect()
    login = RegistryLogin(settings.registry, settings.registry_username, settings.registry_password)
    scheme = "http" if settings.tls == "off" else "https"
    return Outside(
        clock=clock,
        locks=FileLocks(root / "locks", clock),
        journal=journal,
        slots=SlotFiles(root / "registry" / "slots", journal, clock),
        projects=StoredProjects(ProjectRows(database, settings.domain), ProjectCopies(root / "registry" / "projects")),
        history=PostgresHistory(database, journal),
        envs=EnvRows(database, settings.env_key, env_files),
        env_files=env_files,
        runtime=DockerRuntime(client, Images(client, login), Readiness(HttpProbe(), events)),
        proxy=proxy,
        probe=HttpProbe(),
        smoke=PreviewSmoke(proxy.requests),
        meter=CaddyTraffic(proxy.tree.admin, clock),
        rollback_log=FileRollbackLog(root / "logs" / "rollbacks"),
        leftovers=HalfWritten((root, settings.caddy_sites)),
        cancellations=FileCancellations(root / "cancellations"),
        dumps=PgDumps(root / "dumps", local, _databases(settings), settings.database.sslrootcert),
        announcements=outbox,
        images=ImageRules(settings.registry, settings.image_prefixes),
        addresses=Addresses(settings.domain, scheme, settings.probe_secret, settings.preview_protection),
        checks=(CaddyVersion(local),),
        min_free=settings.min_free_mb * _MB,
        grace=timedelta(hours=settings.grace_hours),
    )


def _databases(settings: Settings) -> Allowed:
    """Where a project's database may be: at the platform's own server, or anywhere public."""
    public = PublicAddresses(frozenset(settings.platform_hosts))
    return lambda address: public(address) or address in system_addresses(settings.database.host)


def caddy_proxy(settings: Settings) -> CaddyProxy:
    """The Caddy of this host."""
    root = settings.root
    return CaddyProxy(
        routes=root / "routes",
        tree=SiteTree(
            sites=settings.caddy_sites,
            caddyfile=settings.caddy_file,
            lock=root / "locks" / "caddy.lock",
            admin=CaddyAdmin(settings.caddy_admin),
            accepted=root / "registry" / "sites",
        ),
        renderer=SiteRenderer(root / "routes", settings.tls, settings.http_redirect, settings.probe_secret),
        requests=SiteRequests(
            "https" if settings.tls != "off" and settings.http_redirect else "http",
            settings.http_port,
            settings.https_port,
        ),
        probe_secret=settings.probe_secret,
        clock=SystemClock(),
    )
