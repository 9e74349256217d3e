"""A slot that dies under production traffic. Spec section 4."""

import http.client
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from codeb.domain.routing import Word
from codeb.services.errors import SwitchFailed
from codeb.services.protocols import Site
from tests.integration.backends import Backend, backend
from tests.integration.caddy_process import CaddyProcess
from tests.integration.test_proxy import ask, site
from tests.integration.waiting import free_port, until
from tests.load import Visit, visitors

pytestmark = pytest.mark.integration

Record = Callable[[str, object], None]
RECOVERY = 40
"""Seconds: a check every ten, and a memory of a failure for ten more."""


@dataclass
class Blog:
    site: Site
    blue: Backend
    green: Backend


@pytest.fixture
def blog(caddy: CaddyProcess) -> Iterator[Blog]:
    ports = free_port(), free_port()
    with backend("blue", ports[0]) as blue, backend("green", ports[1]) as green:
        served = site(*ports)
        caddy.proxy.install(served)
        yield Blog(served, blue, green)


def answer(caddy: CaddyProcess) -> tuple[int, str]:
    """One new request: its status and who answered; status 0 when the connection broke."""
    try:
        response = ask(caddy, "blog.test")
    except (OSError, http.client.HTTPException):
        return 0, ""
    return response.status, response.headers.get("X-CodeB-Slot", "")


def test_the_grace_slot_takes_over_and_the_active_one_gets_its_traffic_back(
    caddy: CaddyProcess, blog: Blog, record_property: Record
) -> None:
    caddy.proxy.route(blog.site, Word.GREEN_BLUE)
    assert answer(caddy) == (200, "green")
    blog.green.kill()
    killed, answers = time.monotonic(), Counter[tuple[int, str]]()
    until(lambda: _seen(answers, answer(caddy)) == (200, "blue"), "blue answers")
    record_property("seconds_until_blue", round(time.monotonic() - killed, 3))
    for _ in range(200):
        _seen(answers, answer(caddy))
    failed = sum(count for seen, count in answers.items() if seen != (200, "blue"))
    record_property("failed_requests", failed)
    assert failed == 0
    blog.green.start()
    until(lambda: _seen(answers, answer(caddy)) == (200, "green"), "green has its traffic back", RECOVERY)
    assert {status for status, _ in answers} == {200}


def test_under_load_only_requests_that_were_running_may_fail(
    caddy: CaddyProcess, blog: Blog, record_property: Record
) -> None:
    caddy.proxy.route(blog.site, Word.GREEN_BLUE)
    visit = Visit("127.0.0.1", caddy.port, "blog.test", kept_alive=8, new_connections=2)
    with visitors(visit) as running:
        until(lambda: answer(caddy) == (200, "green"), "green answers")
        blog.green.kill()
        for _ in range(300):
            answer(caddy)
    record_property("failed_of_running", running.report.failed)
    assert running.report.slots["blue"] > 100
    assert running.report.failed <= visit.kept_alive + visit.new_connections


def _seen(answers: Counter[tuple[int, str]], one: tuple[int, str]) -> tuple[int, str]:
    answers[one] += 1
    return one


def test_a_slot_that_was_not_promoted_never_answers_for_one_that_died(caddy: CaddyProcess, blog: Blog) -> None:
    caddy.proxy.route(blog.site, Word.BLUE)
    blog.blue.kill()
    assert {answer(caddy) for _ in range(20)} == {(502, "")}
    assert ask(caddy, blog.site.green.preview_host).status == 200


def test_no_switch_goes_to_a_fallback_word_whose_first_slot_is_gone(caddy: CaddyProcess, blog: Blog) -> None:
    caddy.proxy.route(blog.site, Word.BLUE)
    blog.green.kill()
    with pytest.raises(SwitchFailed, match="the probe was answered by blue"):
        caddy.proxy.route(blog.site, Word.GREEN_BLUE)
    assert caddy.proxy.word(blog.site.environment) is Word.BLUE
    assert answer(caddy) == (200, "blue")
