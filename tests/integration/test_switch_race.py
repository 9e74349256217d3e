"""Two thousand switches, a few milliseconds apart, under load: no request falls between two words. Spec section 4."""

import os
import time

import pytest

from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word
from codeb.services.protocols import Site
from tests.integration.backends import backend
from tests.integration.caddy_process import CaddyProcess
from tests.integration.waiting import free_port
from tests.load import Visit, visitors

pytestmark = pytest.mark.integration

SWITCHES = int(os.environ.get("CODEB_SWITCHES", "2000"))
BLOG = Environment.of("blog")


def test_no_request_is_lost_in_two_thousand_switches(caddy: CaddyProcess) -> None:
    blue, green = free_port(), free_port()
    site = Site(BLOG, ("blog.test",), "b.preview.test", "g.preview.test", blue, green, "/", 200)
    with backend("blue", blue), backend("green", green):
        caddy.proxy.install(site)
        caddy.proxy.route(site, Word.BLUE)
        with visitors(Visit("127.0.0.1", caddy.port, "blog.test")) as running:
            for number in range(SWITCHES):
                caddy.proxy.route(site, Word.GREEN if number % 2 == 0 else Word.BLUE)
                time.sleep(0.002)
    report = running.report
    assert report.failures == []
    assert report.requests >= 5000
    assert set(report.slots) == {SlotName.BLUE, SlotName.GREEN}
    assert report.bodies == report.slots, "the slot that is named is the slot that answered"
    assert min(report.slots.values()) > report.requests / 10
