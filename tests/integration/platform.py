"""A whole app host on this machine: real Caddy, Docker Engine, registry and PostgreSQL around one directory."""

import http.client
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from codeb.bootstrap import Services, build
from codeb.domain.names import Environment
from codeb.domain.routing import word_for
from codeb.domain.slots import SlotPair
from codeb.services.actor import Actor
from codeb.services.protocols import Held
from codeb.services.release_steps import DeployRequest
from codeb.settings import Database as DatabaseSettings
from codeb.settings import Settings
from tests.integration.caddy_process import CaddyProcess
from tests.integration.registry_process import RegistryProcess

DOMAIN = "codeb.test"
ME = Actor("key_1", "python", "team-a")
DIRECTORIES = (
    "cancellations",
    "dumps",
    "env",
    "journal",
    "locks",
    "logs/rollbacks",
    "outbox",
    "registry/projects",
    "registry/sites",
    "registry/slots",
    "spool/audit",
)


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    slot: str


@dataclass
class Platform:
    """``services`` is this process's own view; others may be at work beside it."""

    caddy: CaddyProcess
    registry: RegistryProcess
    database: DatabaseSettings

    def __post_init__(self) -> None:
        for name in DIRECTORIES:
            (self.caddy.directory / name).mkdir(parents=True, exist_ok=True)

    @property
    def environ(self) -> dict[str, str]:
        root = self.caddy.directory
        return {
            "CODEB_DOMAIN": DOMAIN,
            "CODEB_ROOT": str(root),
            "CODEB_CADDY_SITES": str(root / "sites"),
            "CODEB_CADDY_FILE": str(root / "Caddyfile"),
            "CODEB_CADDY_ADMIN": str(root / "admin.sock"),
            "CODEB_TLS": "off",
            "CODEB_HTTP_PORT": str(self.caddy.port),
            "CODEB_REGISTRY": self.registry.host,
            "CODEB_IMAGE_PREFIXES": f"{self.registry.host}/hello",
            "CODEB_MIN_FREE_MB": "1",
            "CODEB_DB_HOST": self.database.host,
            "CODEB_DB_PORT": str(self.database.port),
            "CODEB_DB_SSLMODE": "disable",
            "CODEB_PROBE_SECRET": "s3cret-probe",
            "CODEB_ENV_KEY": "env-key",
        }

    @contextmanager
    def opened(self) -> Iterator[Services]:
        services = build(Settings.load(self.environ))
        try:
            services.database.migrate()
            yield services
        finally:
            services.close()

    def image(self, version: str) -> str:
        return f"{self.registry.host}/hello:{version}"

    def deploy(self, services: Services, environment: Environment, version: str) -> str:
        request = DeployRequest(environment, image=self.image(version), force=True)
        return services.deploy(request, ME).deployment_id

    def release(self, services: Services, environment: Environment, version: str) -> str:
        deployment = self.deploy(services, environment, version)
        services.promote(environment, ME)
        return deployment

    def ask(self, host: str, path: str = "/") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.caddy.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host})
            with connection.getresponse() as response:
                return Answer(response.status, response.read().decode(), response.headers.get("X-CodeB-Slot", ""))
        finally:
            connection.close()


def assert_whole(platform: Platform, services: Services, environment: Environment) -> SlotPair:
    """Records, containers, pointer and what visitors get tell the same story; nothing is open, nothing left over."""
    pair = services.status.slots.get(environment)
    wanted = {
        environment.container(slot.name): slot.release.deployment_id
        for slot in (pair.blue, pair.green)
        if slot.release is not None
    }
    held = held_by(services, environment)
    assert {each.name: each.deployment_id for each in held} == wanted, "no orphan, and nothing missing"
    assert all(each.running for each in held)
    assert services.proxy.word(environment) in (word_for(pair), word_for(pair, fallback=True))
    assert not [each for each in services.history.deployments(environment.project, None, 500) if each.open]
    with services.database.transaction() as connection:
        row = connection.execute(
            "SELECT generation, active_slot FROM project_slots WHERE project_name = %s AND environment = %s",
            [environment.project, environment.name],
        ).fetchone()
    assert row == {"generation": pair.generation, "active_slot": pair.active and pair.active.name}
    answer = platform.ask(environment.host(DOMAIN))
    if pair.active is not None and not pair.maintenance:
        assert (answer.status, answer.slot) == (200, pair.active.name)
    else:
        assert answer.status == 503
    return pair


def held_by(services: Services, environment: Environment) -> Sequence[Held]:
    found = services.runtime.held()
    return [each for each in found if (each.project, each.environment) == (environment.project, environment.name)]
