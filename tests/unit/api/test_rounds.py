"""What the server does by itself, and what it answers to Caddy. Issue 4."""

import threading
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from codeb.adapters.docker.events import Death
from codeb.api.metrics import Metrics
from codeb.api.rounds import Rounds
from codeb.domain.routing import Word
from codeb.errors import Unavailable
from codeb.services.repairs import Finding
from tests.doors import House
from tests.unit.services.conftest import BLOG, release

LABELS = {"codeb.project": "blog", "codeb.environment": "production", "codeb.deployment": "dep_1"}


@pytest.fixture
def rounds(house: House) -> Rounds:
    return Rounds(house.services, Metrics(), house.keys, interval=0.001)


def test_the_word_follows_without_anybody_asking(house: House, rounds: Rounds) -> None:
    for version in ("v1", "v2"):
        release(house.world, version)
    with capture_logs() as logged:
        rounds.upkeep()
    assert house.world.proxy.words[BLOG] is Word.GREEN_BLUE
    assert logged[0]["environment"] == "blog (production)"


def test_a_pointer_that_was_lost_is_counted(house: House, rounds: Rounds) -> None:
    release(house.world, "v1")
    del house.world.proxy.words[BLOG]
    rounds.upkeep()
    labels = {"project": "blog", "environment": "production"}
    assert rounds.metrics.registry.get_sample_value("codeb_pointers_lost_total", labels) == 1


def test_a_round_that_fails_is_told_and_the_next_one_comes(rounds: Rounds) -> None:
    rounded, told = threading.Event(), []

    def upkeep() -> Sequence[Finding]:
        told.append(1)
        if len(told) == 1:
            raise Unavailable("Docker Engine", "gone")
        if len(told) == 2:
            raise ValueError("a bug")
        rounded.set()
        return []

    object.__setattr__(rounds.services, "upkeep", upkeep)
    with capture_logs() as logged:
        rounds.begin(lambda: None)
        assert rounded.wait(5)
        rounds.finish()
    events = [(each["event"], each["round"]) for each in logged if each["event"] == "round_failed"]
    assert events == [("round_failed", "upkeep")] * 2


def test_the_end_does_not_wait_for_a_recovery(rounds: Rounds) -> None:
    gate, begun = threading.Event(), threading.Event()

    def recover() -> None:
        begun.set()
        gate.wait(5)

    rounds.begin(recover)
    assert begun.wait(5)
    rounds.finish()
    assert not gate.is_set()
    gate.set()


def test_a_container_that_nobody_stopped_is_counted_and_one_that_was_is_not(rounds: Rounds) -> None:
    rounds.died(Death("blog-production-blue", LABELS, 137, asked=False))
    rounds.died(Death("blog-production-blue", LABELS, 143, asked=True))
    value = rounds.metrics.registry.get_sample_value(
        "codeb_container_deaths_total", {"project": "blog", "environment": "production"}
    )
    assert value == 1


def test_caddy_is_told_which_names_may_have_a_certificate_and_nobody_else_is(house: House) -> None:
    inside = house.client(server="http://127.0.0.1:9102")
    for name in ("blog.codeb.test", "blog-blue.preview.codeb.test", "blog-staging-green.preview.codeb.test"):
        assert inside.get("/internal/tls", params={"domain": name}).status_code == 200
    for name in ("", "evil.example", "blag.codeb.test", "blog-blue.preview.codeb.test.evil.example"):
        assert inside.get("/internal/tls", params={"domain": name}).status_code == 404
    asked = {"domain": "blog.codeb.test"}
    assert inside.get("/internal/tls", params=asked, headers={"X-Forwarded-For": "10.0.0.4"}).status_code == 404
    assert house.client().get("/internal/tls", params=asked).status_code == 404


def test_what_is_shown_from_memory_is_kept_current_also_after_a_round_that_failed(rounds: Rounds) -> None:
    looked, told = threading.Event(), []

    def look() -> None:
        told.append(1)
        if len(told) == 1:
            raise Unavailable("Docker Engine", "gone")
        looked.set()

    memory = SimpleNamespace(rounds=lambda: (look,))
    object.__setattr__(rounds.services.status, "memory", memory)
    rounds.glance = 0.001
    rounds.begin(lambda: None)
    assert looked.wait(5)
    rounds.finish()
