"""TLS of a site and of its previews with a real Caddy, its own authority, and an ask server on loopback."""

import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from codeb.adapters.caddy.requests import CertificateMissing
from codeb.adapters.caddy.smoke import PreviewSmoke
from codeb.adapters.caddy.traffic import CaddyTraffic
from codeb.adapters.clock import SystemClock
from codeb.domain.names import SlotName
from codeb.domain.routing import Word
from codeb.domain.smoke import SmokeRequest
from codeb.services.protocols import Site
from codeb.settings import Secret
from tests.integration.backends import backend
from tests.integration.caddy_process import CaddyProcess, OnDemand
from tests.integration.test_proxy import site
from tests.integration.waiting import free_port, until
from tests.lab.artifacts import program

pytestmark = pytest.mark.integration

TOKEN = "0123456789abcdef-_token"


@dataclass
class Asked:
    """Which names Caddy asked for, and which it was allowed."""

    allowed: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def ask_url(asked: Asked) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (name,) = parse_qs(urlsplit(self.path).query)["domain"]
            asked.names.append(name)
            self.send_response(200 if name in asked.allowed else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/internal/tls"
        server.shutdown()
        thread.join()


@pytest.fixture
def secure(tmp_path: Path, ask_url: str) -> Iterator[CaddyProcess]:
    process = CaddyProcess(program("caddy"), tmp_path, free_port(), OnDemand(free_port(), ask_url))
    process.start()
    try:
        until(process.ready, "Caddy's admin socket answers")
        yield process
    finally:
        process.stop()


@pytest.fixture
def blog(secure: CaddyProcess, asked: Asked) -> Iterator[Site]:
    """A protected site; only its green preview may have a certificate."""
    blue, green = free_port(), free_port()
    with backend("blue", blue), backend("green", green):
        served = replace(site(blue, green), preview_token=Secret(TOKEN))
        asked.allowed.add(served.green.preview_host)
        secure.proxy.install(served)
        yield served


def test_a_preview_has_a_certificate_at_its_first_visit_if_the_api_knows_it(
    secure: CaddyProcess, blog: Site, asked: Asked
) -> None:
    assert asked.names == []
    smoke = PreviewSmoke(secure.proxy.requests)
    assert smoke.failures(blog, SlotName.GREEN, [SmokeRequest(path="/", body="green")]) == []
    assert asked.names == [blog.green.preview_host]


def test_a_name_that_the_api_does_not_know_has_none(secure: CaddyProcess, blog: Site, asked: Asked) -> None:
    with pytest.raises(CertificateMissing):
        secure.proxy.requests.get(blog.blue.preview_host, "/", {})
    assert set(asked.names) == {blog.blue.preview_host}
    (said,) = PreviewSmoke(secure.proxy.requests).failures(blog, SlotName.BLUE, [SmokeRequest(path="/")])
    assert "has no certificate yet" in said


def test_a_name_of_no_site_is_not_even_asked_for(secure: CaddyProcess, blog: Site, asked: Asked) -> None:
    asked.allowed.add("evil.example")
    with pytest.raises(CertificateMissing):
        secure.proxy.requests.get("evil.example", "/", {})
    assert "evil.example" not in asked.names


def test_production_has_its_certificate_without_asking(secure: CaddyProcess, blog: Site, asked: Asked) -> None:
    until(lambda: answers(secure, "blog.test"), "production has its certificate")
    verified = secure.proxy.route(blog, Word.GREEN)
    assert (verified.answered_slot, verified.warnings) == (SlotName.GREEN, ())
    assert asked.names == []


def answers(caddy: CaddyProcess, host: str) -> bool:
    try:
        return caddy.proxy.requests.get(host, "/", {}).status > 0
    except (CertificateMissing, OSError):
        return False


def request(caddy: CaddyProcess, host: str, path: str, cookie: str = "") -> http.client.HTTPResponse:
    connection = caddy.proxy.requests._connection(host, 5)
    try:
        connection.request("GET", path, headers={"Host": host, **({"Cookie": cookie} if cookie else {})})
        response = connection.getresponse()
        response.read()
        return response
    finally:
        connection.close()


def test_what_is_answered_over_tls_is_counted_once(secure: CaddyProcess, blog: Site) -> None:
    smoke = PreviewSmoke(secure.proxy.requests)
    assert smoke.failures(blog, SlotName.GREEN, [SmokeRequest(path="/")] * 5) == []
    read = CaddyTraffic(secure.tree.admin, SystemClock()).read()
    assert (read[blog.green.preview_host].requests, read[blog.green.preview_host].errors) == (5, 0)


def test_over_tls_the_cookie_belongs_to_the_very_host(secure: CaddyProcess, blog: Site) -> None:
    host = blog.green.preview_host
    link = request(secure, host, f"//evil.example?codeb_preview={TOKEN}")
    assert (link.status, link.headers["Location"]) == (302, "/evil.example")
    assert link.headers.get_all("Set-Cookie") == [
        f"__Host-codeb_preview={TOKEN}; Path=/; Secure; HttpOnly; SameSite=Lax"
    ]
    assert request(secure, host, "/", f"codeb_preview={TOKEN}").status == 401
    assert request(secure, host, "/", f"__Host-codeb_preview={TOKEN}").status == 200
