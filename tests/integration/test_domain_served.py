"""A domain from the claim to the answer: real PostgreSQL, real Caddy, a DNS server on loopback. Lessons 22 and 23."""

import http.client
from collections.abc import Iterator

import pytest

from codeb.adapters.postgres.database import Database
from codeb.bootstrap import Services, build
from codeb.domain.domains import proof_name
from codeb.domain.names import Environment
from codeb.services.actor import Actor
from codeb.services.domain_errors import DomainTaken
from codeb.services.errors import SiteRefused
from codeb.settings import Database as DatabaseSettings
from codeb.settings import Settings
from tests.fakes.dns_server import DnsServer
from tests.integration.caddy_process import CaddyProcess
from tests.integration.platform import DIRECTORIES, DOMAIN

pytestmark = pytest.mark.integration

HOST = "www.example.org"
ME = Actor("key_1", "python", "team-a")
BLOG = Environment("blog")


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    server = DnsServer()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def services(
    caddy: CaddyProcess,
    dns: DnsServer,
    database: Database,
    postgres_settings: DatabaseSettings,
) -> Iterator[Services]:
    """With the project blog; nothing is deployed, so no engine is needed."""
    root = caddy.directory
    for name in DIRECTORIES:
        (root / name).mkdir(parents=True, exist_ok=True)
    environ = {
        "CODEB_DOMAIN": DOMAIN,
        "CODEB_ROOT": str(root),
        "CODEB_CADDY_SITES": str(root / "sites"),
        "CODEB_CADDY_FILE": str(root / "Caddyfile"),
        "CODEB_CADDY_ADMIN": str(root / "admin.sock"),
        "CODEB_TLS": "off",
        "CODEB_HTTP_PORT": str(caddy.port),
        "CODEB_REGISTRY": "registry.test:5000",
        "CODEB_DB_HOST": postgres_settings.host,
        "CODEB_DB_PORT": str(postgres_settings.port),
        "CODEB_DB_SSLMODE": "disable",
        "CODEB_PROBE_SECRET": "s3cret-probe",
        "CODEB_ENV_KEY": "env-key",
        "CODEB_PUBLIC_ADDRESS": "203.0.113.1",
        "CODEB_DNS_RESOLVER": f"{dns.address.host}:{dns.address.port}",
    }
    services = build(Settings.load(environ))
    try:
        services.init_project("blog", ME)
        yield services
    finally:
        services.close()


def prove(services: Services, dns: DnsServer, team: str = "team-a") -> None:
    dns.records[proof_name(HOST), "TXT"] = [f'"{services.domains.proof(HOST, team)}"']


def ask(caddy: CaddyProcess, host: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", caddy.port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": host})
        with connection.getresponse() as response:
            return response.status, response.read().decode()
    finally:
        connection.close()


def test_a_domain_is_answered_once_it_is_proven_and_no_longer_than_it_is_there(
    services: Services, caddy: CaddyProcess, dns: DnsServer
) -> None:
    looked = services.domains.setup(BLOG, HOST, ME)
    assert not looked.domain.active
    assert "not deployed yet" not in ask(caddy, HOST)[1]
    assert not services.hosts.known(HOST)
    prove(services, dns)
    dns.records[HOST, "A"] = ["203.0.113.1"]
    looked = services.domains.setup(BLOG, HOST, ME)
    assert (looked.domain.active, list(looked.problems)) == (True, [])
    status, page = ask(caddy, HOST)
    assert status == 503
    assert "not deployed yet" in page
    assert services.hosts.known(HOST)
    assert services.domains.setup(BLOG, HOST, ME).changed is False
    assert services.domains.delete(BLOG, HOST, ME)
    assert "not deployed yet" not in ask(caddy, HOST)[1]
    assert "not deployed yet" in ask(caddy, f"blog.{DOMAIN}")[1]
    assert not services.hosts.known(HOST)


def test_a_load_that_fails_takes_the_claim_back_and_the_site_stays(
    services: Services, caddy: CaddyProcess, dns: DnsServer
) -> None:
    services.domains.setup(BLOG, HOST, ME)
    prove(services, dns)
    broken = caddy.directory / "sites" / "zz-foreign.caddy"
    broken.write_text(f"http://{HOST} {{\n\trespond foreign\n}}\n")
    with pytest.raises(SiteRefused):
        services.domains.setup(BLOG, HOST, ME)
    claim = services.domains.store.claim_of(HOST, "blog")
    assert claim is not None
    assert not claim.active
    assert services.projects.get("blog").domains == {}
    assert "not deployed yet" in ask(caddy, f"blog.{DOMAIN}")[1]
    broken.unlink()
    assert services.domains.setup(BLOG, HOST, ME).domain.active
    assert "not deployed yet" in ask(caddy, HOST)[1]


def test_the_team_that_proves_a_host_first_has_it(services: Services, dns: DnsServer) -> None:
    others = Actor("key_2", "python", "team-b")
    services.init_project("shop", others)
    services.domains.setup(Environment("shop"), HOST, others)
    prove(services, dns)
    assert services.domains.setup(BLOG, HOST, ME).domain.active
    prove(services, dns, "team-b")
    with pytest.raises(DomainTaken):
        services.domains.setup(Environment("shop"), HOST, others)
