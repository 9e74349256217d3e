"""The engine's events wake a wait; without them it goes on. Design section 7."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException

from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.events import Death, EngineEvents, Watch
from codeb.adapters.docker.readiness import Readiness
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.adapters.probe import HttpProbe
from codeb.services.errors import Unhealthy
from codeb.services.protocols import ContainerSpec, ProbeTarget, Ticket
from tests.integration.containers import NAME, READY, spec
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port, until

pytestmark = pytest.mark.integration

PATIENT = ProbeTarget("/health", 200, 60)


def started(runtime: DockerRuntime, registry: RegistryProcess, **env: str) -> ContainerSpec:
    wanted = spec(runtime.pull(f"{registry.host}/hello:v1"), port=free_port(), **env)
    runtime.start(Ticket(NAME, "dep_1", None, was_running=False), wanted)
    return wanted


@contextmanager
def deaths(events: EngineEvents) -> Iterator[list[Death]]:
    """Of this test's container: others run on the same engine."""
    seen: list[Death] = []
    events.on_death(lambda death: seen.append(death) if death.container == NAME else None)
    until(lambda: following(events), "the stream is followed")
    yield seen


def following(events: EngineEvents) -> bool:
    return events._stream is not None


def test_a_container_that_is_killed_ends_the_wait_by_the_event(
    runtime: DockerRuntime, registry: RegistryProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No delay ends here by itself: only an event can."""

    def only_by_an_event(watch: Watch, seconds: float) -> None:
        assert watch._happened.wait(30), "no event came"
        watch._happened.clear()

    monkeypatch.setattr(Watch, "wait", only_by_an_event)
    wanted = started(runtime, registry, HELLO_DELAY="1h")
    asked = threading.Event()

    def kill() -> None:
        asked.wait(30)
        until(lambda: following(runtime.events), "the stream is followed")
        with closing(connect()) as client:
            client.containers.get(NAME).kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(Unhealthy, match="it ended by SIGKILL") as error:
            runtime.wait_ready(wanted, PATIENT, asked.set)
    finally:
        killer.join()
    assert error.value.exit_code == 137


class _HangsUp(socketserver.BaseRequestHandler):
    """An engine that takes a connection and ends it: what a restarting one looks like."""


@contextmanager
def engine_that_hangs_up(directory: Path) -> Iterator[Callable[[], docker.DockerClient]]:
    path = str(directory / "docker.sock")
    with socketserver.UnixStreamServer(path, _HangsUp) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield lambda: connect(f"unix://{path}")
        finally:
            server.shutdown()
            thread.join()


def test_a_wait_goes_on_without_the_stream(runtime: DockerRuntime, registry: RegistryProcess, tmp_path: Path) -> None:
    wanted = started(runtime, registry, HELLO_DELAY="300ms")
    with engine_that_hangs_up(tmp_path) as away, closing(EngineEvents(away)) as events:
        alone = replace(runtime, readiness=Readiness(HttpProbe(), events))
        alone.wait_ready(wanted, READY)
        assert not following(events)
    assert runtime.observe(NAME).running


def test_a_death_is_told_with_whose_it_was_and_whether_it_was_asked_for(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    with deaths(runtime.events) as seen:
        started(runtime, registry, HELLO_CRASH="db.internal")
        until(lambda: bool(seen), "the death is told")
        assert (seen[0].container, seen[0].exit_code, seen[0].asked) == (NAME, 3, False)
        assert seen[0].labels["codeb.deployment"] == "dep_1"
        runtime.remove(NAME)
        started(runtime, registry)
        runtime.remove(NAME)
        until(lambda: len(seen) == 2, "the second death is told")
        assert seen[1].asked


def test_a_stream_that_breaks_is_followed_again_and_misses_nothing(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    with deaths(runtime.events) as seen:
        started(runtime, registry)
        until(lambda: runtime.events._since is not None, "the start is told")
        with runtime.events._lock:
            runtime.events._cut()
        runtime.client.containers.get(NAME).kill()
        until(lambda: bool(seen), "the death is told after a new connection")
        assert [(death.container, death.exit_code) for death in seen] == [(NAME, 137)]


def test_a_listener_that_fails_does_not_end_the_stream(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    def fails(death: Death) -> None:
        raise DockerException(death.container)

    runtime.events.on_death(fails)
    with deaths(runtime.events) as seen:
        for _ in range(2):
            started(runtime, registry, HELLO_EXIT="0")
            runtime.remove(NAME)
        until(lambda: len(seen) == 2, "both deaths are told")
        assert {death.container for death in seen} == {NAME}


def test_closing_ends_the_thread_at_once_and_again_without_harm(registry: RegistryProcess) -> None:
    events = EngineEvents()
    with deaths(events):
        events.close()
    assert not [thread for thread in threading.enumerate() if thread is events._thread]
    events.close()
    with events.watching(NAME) as watch:
        watch.wake()
        watch.wait(60)


def test_nothing_is_followed_before_it_is_needed() -> None:
    with closing(EngineEvents()) as events:
        assert events._thread is None
