"""Smoke requests to a preview, through a real Caddy. Spec section 2."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from codeb.adapters.caddy.requests import SiteRequests
from codeb.adapters.caddy.smoke import PreviewSmoke
from codeb.domain.names import SlotName
from codeb.domain.smoke import SmokeRequest
from codeb.services.protocols import Site
from codeb.settings import Secret
from tests.integration.backends import Backend, backend
from tests.integration.caddy_process import CaddyProcess
from tests.integration.test_proxy import site
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration


@pytest.fixture
def green() -> Iterator[tuple[int, Backend]]:
    port = free_port()
    with backend("green", port) as running:
        yield port, running


@pytest.fixture
def blog(caddy: CaddyProcess, green: tuple[int, Backend]) -> Site:
    """A protected site with one slot, the green one, running."""
    served = replace(site(free_port(), green[0]), preview_token=Secret("token-token-token-token"))
    caddy.proxy.install(served)
    return served


def failures(caddy: CaddyProcess, site: Site, *requests: SmokeRequest) -> list[str]:
    smoke = PreviewSmoke(caddy.proxy.requests)
    return list(smoke.failures(site, SlotName.GREEN, requests))


def test_a_preview_that_answers_as_wanted_passes(caddy: CaddyProcess, blog: Site) -> None:
    wanted = [
        SmokeRequest(path="/"),
        SmokeRequest(path="/x?a=1", body="green"),
        SmokeRequest(path="/broken", status=500),
    ]
    assert failures(caddy, blog, *wanted) == []


def test_every_failure_is_a_sentence_of_its_own(caddy: CaddyProcess, blog: Site) -> None:
    wanted = [SmokeRequest(path="/broken"), SmokeRequest(path="/"), SmokeRequest(path="/", body="blue")]
    assert failures(caddy, blog, *wanted) == [
        "GET /broken answered 500, expected 200",
        "GET / answered without 'blue' in it",
    ]


def test_the_other_slot_is_not_asked(caddy: CaddyProcess, blog: Site) -> None:
    found = PreviewSmoke(caddy.proxy.requests).failures(blog, SlotName.BLUE, [SmokeRequest(path="/")])
    assert found == ["GET / answered 503, expected 200"]


def test_a_redirect_is_an_answer_and_is_not_followed(caddy: CaddyProcess, blog: Site) -> None:
    assert failures(caddy, blog, SmokeRequest(path="/moved", status=302)) == []
    assert failures(caddy, blog, SmokeRequest(path="/moved")) == ["GET /moved answered 302, expected 200"]


def test_no_more_than_the_first_part_of_a_large_answer_is_read(caddy: CaddyProcess, blog: Site) -> None:
    assert failures(caddy, blog, SmokeRequest(path="/big", body="xxx")) == []
    assert failures(caddy, blog, SmokeRequest(path="/big", body="the end")) == [
        "GET /big answered without 'the end' in it"
    ]


def test_an_answer_that_drips_is_given_up(caddy: CaddyProcess, blog: Site) -> None:
    (said,) = failures(caddy, blog, SmokeRequest(path="/drip", latency=1))
    assert said == "GET /drip was not answered: no whole answer within 5.001 seconds"


def test_a_caddy_that_is_away_is_a_failure(caddy: CaddyProcess, blog: Site) -> None:
    away = PreviewSmoke(SiteRequests("http", http_port=free_port()))
    (said,) = away.failures(blog, SlotName.GREEN, [SmokeRequest(path="/")])
    assert said.startswith("GET / was not answered: [Errno 111]")


def test_the_cookie_is_the_sites_own(caddy: CaddyProcess, blog: Site) -> None:
    stale = replace(blog, preview_token=Secret("another-token-than-that"))
    assert failures(caddy, stale, SmokeRequest(path="/")) == ["GET / answered 401, expected 200"]


def test_an_open_preview_is_asked_without_a_cookie(caddy: CaddyProcess, blog: Site) -> None:
    opened = replace(blog, preview_token=None)
    caddy.proxy.install(opened)
    assert failures(caddy, opened, SmokeRequest(path="/")) == []
