"""The only module that names real adapters. Everything else receives what it needs."""

from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import partial
from typing import cast

from codeb.adapters.audit.known import KnownSecrets
from codeb.adapters.audit.spool import Spool
from codeb.adapters.audit.trail import Trail
from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.adapters.caddy.proxy import CaddyProxy
from codeb.adapters.caddy.requests import SiteRequests
from codeb.adapters.caddy.site_file import SiteRenderer
from codeb.adapters.caddy.smoke import PreviewSmoke
from codeb.adapters.caddy.traffic import CaddyTraffic
from codeb.adapters.caddy.tree import Reloads, SiteTree
from codeb.adapters.cancellations import FileCancellations
from codeb.adapters.centrifugo import CentrifugoPost, CentrifugoPublisher
from codeb.adapters.clock import SystemClock
from codeb.adapters.deploy_places import FileDeployPlaces
from codeb.adapters.dns import DnsLookup
from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.events import EngineEvents
from codeb.adapters.docker.images import Images
from codeb.adapters.docker.log_engine import DockerLogs
from codeb.adapters.docker.log_follower import LogFollower
from codeb.adapters.docker.observed import ObservedContainers
from codeb.adapters.docker.readiness import Readiness
from codeb.adapters.docker.registry_login import Login, RegistryLogin, TokenLogin
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.adapters.dumps import PgDumps
from codeb.adapters.env_cipher import EnvCipher
from codeb.adapters.env_files import DotenvFiles
from codeb.adapters.git_hosting.hosting import RestHosting
from codeb.adapters.git_hosting.remote import Remote
from codeb.adapters.half_written import HalfWritten
from codeb.adapters.hooks.addresses import Allowed, PublicAddresses, system_addresses
from codeb.adapters.hooks.courier import Courier
from codeb.adapters.hooks.outbox import Outbox
from codeb.adapters.hooks.post import HookPost
from codeb.adapters.host_checks import CaddyVersion
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.local.exec import LocalExec
from codeb.adapters.locks import FileLocks
from codeb.adapters.memory import HostMemory
from codeb.adapters.postgres.audit import AuditRows
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.domains import CertificateRows, DomainRows
from codeb.adapters.postgres.env_vault import EnvVaultRows
from codeb.adapters.postgres.envs import EnvRows
from codeb.adapters.postgres.history import PostgresHistory
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.postgres.redis_users import RedisUserRows
from codeb.adapters.postgres.repositories import RepositoryRows
from codeb.adapters.postgres.tasks import TaskRows
from codeb.adapters.postgres.tenants import TenantDatabases
from codeb.adapters.probe import HttpProbe
from codeb.adapters.project_memory import ProjectMemory
from codeb.adapters.projects import ProjectCopies, StoredProjects
from codeb.adapters.redis_users import RedisUsers
from codeb.adapters.registry_files import RegistryFiles
from codeb.adapters.registry_images import HttpRegistry
from codeb.adapters.registry_sightings import SightingsFile
from codeb.adapters.registry_tokens import RegistryTokens
from codeb.adapters.rollback_log import FileRollbackLog
from codeb.adapters.slot_files import SlotFiles
from codeb.services.audit import ReadAudit
from codeb.services.domains import DomainRules, allowed_domains
from codeb.services.images import ImageRules
from codeb.services.outside import Outside
from codeb.services.protocols.follow import ContainerLogs, NoContainerLogs
from codeb.services.sites import Addresses
from codeb.services.wiring import UseCases, wire
from codeb.settings import Database as DatabaseSettings
from codeb.settings import Settings

_MB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(UseCases):
    """The use cases on real adapters. Close it when done."""

    settings: Settings
    database: Database
    courier: Courier
    events: EngineEvents
    reloads: Reloads = field(default_factory=Reloads)
    trail: Trail
    known: KnownSecrets
    container_logs: ContainerLogs = field(default_factory=NoContainerLogs)
    streaming: CentrifugoPublisher | None = None
    registry_tokens: RegistryTokens | None = None

    def close(self) -> None:
        if self.streaming is not None:
            self.streaming.close()
        if isinstance(self.container_logs, LogFollower):
            self.container_logs.close()
        self.events.close()
        self.trail.close()
        self.database.close()


def build(settings: Settings) -> Services:
    """Wire the use cases to this host. Nothing is contacted yet; the database may be away."""
    root, clock = settings.root, SystemClock()
    database = Database.open(settings.database)
    outbox = Outbox(root / "outbox", clock)
    events = EngineEvents()
    allowed = PublicAddresses(frozenset(settings.platform_hosts))
    known = KnownSecrets.of(settings)
    use = wire(outside(settings, database, outbox, events, known))
    return Services(
        **{each.name: getattr(use, each.name) for each in fields(UseCases)},
        settings=settings,
        database=database,
        courier=Courier(outbox, settings.env_key, HookPost(system_addresses, allowed), clock),
        events=events,
        reloads=cast(CaddyProxy, use.proxy).tree.reloads,
        trail=Trail(AuditRows(database), Spool(root / "spool" / "audit")),
        known=known,
        container_logs=LogFollower(DockerLogs()),
        streaming=_streaming(settings),
        registry_tokens=registry_tokens(settings),
    )


def _streaming(settings: Settings) -> CentrifugoPublisher | None:
    """None where there is no streaming host. It begins when the server does."""
    if not settings.centrifugo_url:
        return None
    return CentrifugoPublisher(CentrifugoPost(settings.centrifugo_url, settings.centrifugo_api_key, settings.ca_file))


def outside(
    settings: Settings, database: Database, outbox: Outbox, events: EngineEvents, known: KnownSecrets
) -> Outside:
    """The world as this host has it."""
    root, clock = settings.root, SystemClock()
    registry = RegistryFiles(root / "registry", clock)
    local = LocalExec()
    journal = FileJournal(root / "journal", clock)
    env_files = DotenvFiles(root / "env")
    proxy = caddy_proxy(settings)
    client = connect()
    login = registry_login(settings)
    projects = StoredProjects(ProjectRows(database, settings.domain), ProjectCopies(root / "registry" / "projects"))
    slots = SlotFiles(root / "registry" / "slots", journal, clock)
    images = Images(client, login)
    runtime = DockerRuntime(client, images, Readiness(HttpProbe(), events))
    scheme = "http" if settings.tls == "off" else "https"
    return Outside(
        clock=clock,
        locks=FileLocks(root / "locks", clock),
        journal=journal,
        slots=slots,
        projects=projects,
        history=PostgresHistory(database, journal),
        envs=EnvRows(database, settings.env_key, env_files, settings.env_key_previous, known.add_variables),
        env_vault=EnvVaultRows(database, EnvCipher(settings.env_key, settings.env_key_previous)),
        env_files=env_files,
        runtime=runtime,
        proxy=proxy,
        probe=HttpProbe(),
        smoke=PreviewSmoke(proxy.requests),
        meter=CaddyTraffic(proxy.tree.admin, clock),
        rollback_log=FileRollbackLog(root / "logs" / "rollbacks"),
        leftovers=HalfWritten((root, settings.caddy_sites)),
        cancellations=FileCancellations(root / "cancellations"),
        dumps=PgDumps(root / "dumps", local, _databases(settings), settings.database.sslrootcert),
        announcements=outbox,
        access=registry,
        image_sizes=images,
        deploy_places=FileDeployPlaces(root / "locks" / "deploys", clock),
        task_store=TaskRows(database),
        repositories=RepositoryRows(database),
        git_hosting=RestHosting(Remote(settings.git_api_url, settings.git_token)),
        images=ImageRules(settings.registry, settings.image_prefixes),
        addresses=Addresses(settings.domain, scheme, settings.probe_secret, settings.preview_protection),
        domains=DomainRows(database),
        dns=DnsLookup(settings.dns_resolver),
        certificates=CertificateRows(database, settings.certificates_per_week if settings.tls == "acme" else 0),
        domain_rules=DomainRules(
            (settings.registry.rpartition(":")[0],), settings.public_address, partial(allowed_domains, registry)
        ),
        audit_log=AuditRows(database),
        checks=(CaddyVersion(local),),
        caches=RedisUsers(settings.redis, RedisUserRows(database)) if settings.redis else None,
        databases=TenantDatabases(settings.provision_database) if settings.provision_database else None,
        min_free=settings.min_free_mb * _MB,
        grace=timedelta(hours=settings.grace_hours),
        registry_images=_registry_images(settings),
        sightings=SightingsFile(root / "registry" / "images-seen.json"),
        memory=HostMemory(ProjectMemory(projects), slots, ObservedContainers(client, runtime.observe, events)),
    )


def registry_tokens(settings: Settings) -> RegistryTokens | None:
    """None where the registry is not ours to give tokens for."""
    key = settings.registry_token_key
    return RegistryTokens(key, settings.registry) if key is not None else None


def registry_login(settings: Settings) -> Login:
    """What images are pulled with."""
    if tokens := registry_tokens(settings):
        return TokenLogin(settings.registry, tokens, SystemClock())
    return RegistryLogin(settings.registry, settings.registry_username, settings.registry_password)


def _registry_images(settings: Settings) -> HttpRegistry | None:
    tokens = registry_tokens(settings)
    if tokens is None:
        return None
    return HttpRegistry(f"https://{settings.registry}", tokens, SystemClock(), settings.ca_file)


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


@dataclass(frozen=True, slots=True)
class Owner:
    """What the role that owns the database does: migrate it, and prune the audit. Close it when done. Security 17."""

    database: Database
    audit: ReadAudit

    def close(self) -> None:
        self.database.close()


def open_owner(config: DatabaseSettings) -> Owner:
    database = Database.open(config)
    return Owner(database, ReadAudit(AuditRows(database), SystemClock()))
