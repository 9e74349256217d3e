"""A thousand switches, a few milliseconds apart, under every kind of load: nobody falls between two words.

Spec section 4. CODEB_SWITCHES asks for more.
"""

import os
import time
from collections.abc import Iterator

import pytest

from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word
from codeb.services.protocols import Site, SlotSite
from tests.integration.backends import backend
from tests.integration.caddy_process import CaddyProcess
from tests.integration.waiting import free_port
from tests.load import Visit, visitors

pytestmark = pytest.mark.integration

SWITCHES = int(os.environ.get("CODEB_SWITCHES", "1000"))
BLOG = Environment.of("blog")


@pytest.fixture
def blog(caddy: CaddyProcess) -> Iterator[Site]:
    """A site whose blue slot has the traffic."""
    ports = free_port(), free_port()
    blue, green = (SlotSite(f"{name}.preview.test", port, "/", 200) for name, port in zip("bg", ports, strict=True))
    site = Site(BLOG, ("blog.test",), blue, green)
    with backend("blue", blue.port), backend("green", green.port):
        caddy.proxy.install(site)
        caddy.proxy.route(site, Word.BLUE)
        yield site


def test_nothing_is_lost_in_a_thousand_switches(caddy: CaddyProcess, blog: Site) -> None:
    loads = caddy.loads()
    visit = Visit("127.0.0.1", caddy.port, "blog.test", kept_alive=12, slow_senders=6, streams=True)
    with visitors(visit) as running:
        for number in range(SWITCHES):
            caddy.proxy.route(blog, Word.GREEN if number % 2 == 0 else Word.BLUE)
            time.sleep(0.002)
    report = running.report
    assert (report.failed, report.failures) == (0, [])
    assert report.sent == report.requests >= 3000, "every request that was begun was answered whole"
    assert report.statuses == {"200": report.requests}
    assert set(report.slots) == {SlotName.BLUE, SlotName.GREEN}
    assert report.bodies == report.slots - report.senders, "the slot that is named is the slot that answered"
    assert min(report.slots.values()) > report.requests / 10
    assert min(report.senders.values()) > 0, "slow bodies went to both"
    assert caddy.loads() == loads


def test_streams_stay_on_their_slot_until_they_end(caddy: CaddyProcess, blog: Site) -> None:
    with visitors(
        Visit("127.0.0.1", caddy.port, "blog.test", kept_alive=1, new_connections=1, streams=True)
    ) as running:
        for number in range(200):
            caddy.proxy.route(blog, Word.GREEN if number % 2 == 0 else Word.BLUE)
            time.sleep(0.01)
    report = running.report
    assert (report.websocket_cuts, report.event_cuts, report.failures) == (0, 0, [])
    assert min(report.websocket_messages, report.events) > 20
    assert (len(report.websocket_slots), len(report.event_slots)) == (1, 1)
