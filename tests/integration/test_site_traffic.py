"""What every host has answered, read from a real Caddy's counters."""

import http.client
from collections.abc import Iterator
from dataclasses import replace

import pytest

from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.adapters.caddy.traffic import CaddyTraffic
from codeb.adapters.clock import SystemClock
from codeb.domain.names import Environment
from codeb.domain.routing import Word
from codeb.errors import Unavailable
from codeb.services.protocols import Site, Traffic
from codeb.settings import Secret
from tests.integration.backends import backend
from tests.integration.caddy_process import CaddyProcess
from tests.integration.test_proxy import site
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration


@pytest.fixture
def blog(caddy: CaddyProcess) -> Iterator[Site]:
    """A site that has answered nobody yet but the two requests of its switch."""
    blue, green = free_port(), free_port()
    with backend("blue", blue), backend("green", green):
        served = replace(site(blue, green), preview_token=Secret("token-token-token-token"))
        caddy.proxy.install(served)
        caddy.proxy.route(served, Word.BLUE)
        yield served


@pytest.fixture
def meter(caddy: CaddyProcess) -> CaddyTraffic:
    return CaddyTraffic(caddy.tree.admin, SystemClock())


def visit(caddy: CaddyProcess, host: str, path: str = "/", times: int = 1) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", caddy.port, timeout=5)
    for _ in range(times):
        connection.request("GET", path, headers={"Host": host})
        with connection.getresponse() as response:
            response.read()
    connection.close()


def counted(traffic: Traffic) -> tuple[float, float]:
    return traffic.requests, traffic.errors


def test_every_request_is_counted_once_with_its_errors(caddy: CaddyProcess, blog: Site, meter: CaddyTraffic) -> None:
    assert counted(meter.read()["blog.test"]) == (2, 0)
    visit(caddy, "blog.test", times=7)
    visit(caddy, "blog.test", "/broken", times=3)
    visit(caddy, blog.blue.preview_host, times=4)
    read = meter.read()
    assert counted(read["blog.test"]) == (12, 3)
    assert counted(read[blog.blue.preview_host]) == (4, 0), "a preview's 401 is no error of the site"


def test_a_page_of_our_own_and_a_dead_slot_count_as_errors(
    caddy: CaddyProcess, blog: Site, meter: CaddyTraffic
) -> None:
    caddy.proxy.route(blog, Word.MAINTENANCE)
    before = meter.read()["blog.test"]
    visit(caddy, "blog.test", times=2)
    assert meter.read()["blog.test"].errors - before.errors == 2
    dead = site(free_port(), free_port(), Environment.of("dead"))
    caddy.proxy.install(dead)
    visit(caddy, dead.blue.preview_host, times=3)
    assert counted(meter.read()[dead.blue.preview_host]) == (3, 3)


def test_answers_are_counted_by_how_long_they_took(caddy: CaddyProcess, blog: Site, meter: CaddyTraffic) -> None:
    visit(caddy, "blog.test", times=5)
    traffic = meter.read()["blog.test"]
    bounds = list(traffic.buckets)
    assert bounds == sorted(bounds)
    assert bounds[-1] == float("inf")
    assert traffic.buckets[float("inf")] == traffic.requests
    assert list(traffic.buckets.values()) == sorted(traffic.buckets.values())


def test_names_that_nobody_serves_add_no_series(caddy: CaddyProcess, blog: Site, meter: CaddyTraffic) -> None:
    before = caddy.tree.admin.metrics().count("\n")
    for number in range(50):
        visit(caddy, f"unknown-{number}.example")
    assert "unknown-" not in caddy.tree.admin.metrics()
    assert caddy.tree.admin.metrics().count("\n") < before + 50
    assert set(meter.read()) <= {"blog.test", blog.blue.preview_host, blog.green.preview_host, "_other"}


def test_the_counters_go_on_growing_over_a_load(caddy: CaddyProcess, blog: Site, meter: CaddyTraffic) -> None:
    visit(caddy, "blog.test", times=5)
    before = meter.read()["blog.test"]
    assert before.requests == 7
    caddy.proxy.install(site(free_port(), free_port(), Environment.of("shop")))
    assert meter.read()["blog.test"].requests == 7
    visit(caddy, "blog.test", "/broken", times=2)
    after = meter.read()["blog.test"]
    assert counted(after) == (9, 2)
    assert after.buckets[float("inf")] == 9
    assert meter.read()["blog.test"].requests == 9


def test_a_caddy_that_is_away_is_said_to_be(caddy: CaddyProcess) -> None:
    away = CaddyTraffic(CaddyAdmin(str(caddy.directory / "nowhere.sock")), SystemClock())
    with pytest.raises(Unavailable, match=r"nowhere\.sock"):
        away.read()
