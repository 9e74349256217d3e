"""Containers in memory, over the engine's own client and an engine that only tells. Design section 6."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import docker
import pytest
from docker.errors import DockerException

from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.events import EngineEvents
from codeb.adapters.docker.images import Images
from codeb.adapters.docker.observed import ObservedContainers
from codeb.adapters.docker.readiness import Readiness
from codeb.adapters.docker.registry_login import RegistryLogin
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.adapters.probe import HttpProbe
from codeb.services.protocols import Observed
from codeb.settings import Secret
from tests.fakes.engine import EngineProcess
from tests.integration.waiting import until

BLUE, GREEN = "blog-production-blue", "blog-production-green"
ABSENT = Observed(running=False)


class Following:
    """A memory of containers whose clock a test moves, beside the engine."""

    def __init__(self, engine: EngineProcess) -> None:
        self.engine, self.seconds, self.heard = engine, 1000.0, threading.Event()
        self.client: docker.DockerClient = connect(f"unix://{engine.socket}")
        self.events = EngineEvents(partial(connect, f"unix://{engine.socket}"))
        images = Images(self.client, RegistryLogin("registry.test", "", Secret("")))
        self.runtime = DockerRuntime(self.client, images, Readiness(HttpProbe(), self.events))
        self.containers = ObservedContainers(self.client, self.runtime.observe, self.events, lambda: self.seconds)

    def begin(self) -> None:
        self.containers.refresh()
        until(lambda: self.containers._connected, "the stream begins")
        self.containers.refresh()

    def doubted(self, container: str) -> None:
        until(lambda: self.containers.observed(container) is None, f"{container} is in doubt")

    def close(self) -> None:
        self.events.close()
        self.client.close()


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    """A socket's path is short, so it is not below pytest's own directory."""
    with tempfile.TemporaryDirectory() as directory:
        engine = EngineProcess(Path(directory) / "engine.sock", {BLUE: "running", GREEN: "exited"}, {BLUE: "healthy"})
        with engine.running():
            yield engine


@pytest.fixture
def following(engine: EngineProcess) -> Iterator[Following]:
    with closing(Following(engine)) as following:
        yield following


def test_nothing_is_told_before_the_first_look(following: Following) -> None:
    assert following.containers.observed(BLUE) is None


@pytest.mark.parametrize("state", ["running", "exited", "paused", "restarting", "created", "dead"])
@pytest.mark.parametrize("health", [None, "healthy", "unhealthy"])
def test_memory_says_what_a_look_at_the_container_says(following: Following, state: str, health: str | None) -> None:
    following.engine.containers[BLUE] = state
    following.engine.health = {BLUE: health} if health and state == "running" else {}
    following.begin()
    assert following.containers.observed(BLUE) == following.runtime.observe(BLUE)
    assert following.containers.observed("shop-production-blue") == following.runtime.observe("shop-production-blue")


def test_a_second_answer_asks_the_engine_nothing(following: Following) -> None:
    following.begin()
    asked = len(following.engine.asked)
    for _ in range(10):
        assert following.containers.observed(BLUE) is not None
        following.containers.refresh()
    assert len(following.engine.asked) == asked


@pytest.mark.parametrize("action", ["start", "die", "destroy", "pause", "health_status: unhealthy"])
def test_what_was_heard_to_change_is_in_doubt_until_it_was_looked_at(following: Following, action: str) -> None:
    following.begin()
    following.engine.containers[BLUE] = "exited"
    following.engine.happen(action, BLUE, exitCode="1")
    following.doubted(BLUE)
    assert following.containers.observed(GREEN) == following.runtime.observe(GREEN)
    following.containers.refresh()
    assert following.containers.observed(BLUE) == Observed(
        False, f"dep_{BLUE}", "healthy", f"registry.test/{BLUE}@sha256:1"
    )


def test_a_container_that_was_renamed_is_gone_under_its_old_name(following: Following) -> None:
    following.begin()
    aside = f"{BLUE}.aside-dep_2"
    del following.engine.containers[BLUE]
    following.engine.containers[aside] = "running"
    following.engine.happen("rename", aside, oldName=f"/{BLUE}")
    following.doubted(BLUE)
    following.containers.refresh()
    assert following.containers.observed(BLUE) == ABSENT
    assert (following.containers.observed(aside) or ABSENT).running


def test_what_happens_during_a_look_stays_in_doubt(following: Following, monkeypatch: pytest.MonkeyPatch) -> None:
    following.begin()
    look = following.runtime.observe

    def meanwhile(container: str) -> Observed:
        seen = look(container)
        following.containers.changed(container)
        return seen

    following.containers.changed(BLUE)
    monkeypatch.setattr(following.containers, "look", meanwhile)
    following.containers.refresh()
    assert following.containers.observed(BLUE) is None
    monkeypatch.setattr(following.containers, "look", look)
    following.containers.refresh()
    assert following.containers.observed(BLUE) is not None


def test_a_look_at_all_settles_no_doubt_that_came_meanwhile(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    following.begin()
    listed = following.client.api.containers

    def meanwhile(**arguments: Any) -> Any:
        records = listed(**arguments)
        following.containers.changed(BLUE)
        return records

    following.seconds += 31
    monkeypatch.setattr(following.client.api, "containers", meanwhile)
    following.containers._look_at_all()
    assert following.containers.observed(BLUE) is None


def test_a_stream_that_breaks_leaves_nothing_known_until_all_was_looked_at_again(following: Following) -> None:
    following.begin()
    following.engine.cut()
    following.doubted(GREEN)
    following.engine.containers[GREEN] = "running"
    until(lambda: following.containers._connected, "a new stream")
    assert following.containers.observed(GREEN) is None
    following.containers.refresh()
    assert (following.containers.observed(GREEN) or ABSENT).running


def test_an_engine_that_answers_no_more_is_not_spoken_for(following: Following) -> None:
    following.begin()
    following.seconds += 91
    assert following.containers.observed(BLUE) is None


def test_an_engine_that_is_away_is_no_error_of_the_round_and_nothing_is_known_of_it() -> None:
    tried = threading.Event()

    def refused(**arguments: object) -> None:
        tried.set()
        raise DockerException("connection refused")

    client = cast(docker.DockerClient, SimpleNamespace(api=SimpleNamespace(events=refused), close=lambda: None))
    with closing(EngineEvents(lambda: client)) as events:
        containers = ObservedContainers(client, lambda container: ABSENT, events)
        containers.refresh()
        assert tried.wait(5)
        containers.refresh()
        assert containers.observed(BLUE) is None


def test_who_begins_to_follow_later_is_told_that_a_stream_is_there(following: Following) -> None:
    following.events.on_death(lambda death: None)
    until(lambda: following.engine.streams, "the stream is open")
    until(lambda: following.events._stream is not None, "the reader has it")
    following.begin()
    assert following.containers.observed(BLUE) is not None
