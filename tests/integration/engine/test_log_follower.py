"""Logs of real containers: their last lines, masked, and the slot's next container. Spec section 6, "SSE"."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from codeb.adapters.docker.log_engine import DockerLogs
from codeb.adapters.docker.log_follower import LogFollower
from codeb.adapters.docker.runtime import DockerRuntime
from tests.fakes.streams import FakeReader
from tests.integration.containers import NAME, PROJECT, spec
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration


@pytest.fixture
def reader() -> Iterator[FakeReader]:
    """Follows the test's project on the engine, whose containers have no team."""
    reader = FakeReader()
    with closing(LogFollower(DockerLogs(), seconds=0.1)) as follower:
        follower.follow(reader.reading(project=PROJECT, team=""))
        yield reader


def started(runtime: DockerRuntime, registry: RegistryProcess, tag: str, deployment: str, **env: str) -> None:
    wanted = spec(runtime.pull(f"{registry.host}/hello:{tag}"), port=free_port(), deployment=deployment, **env)
    runtime.start(runtime.clear(NAME, deployment), wanted)


def test_a_containers_lines_are_told_without_its_secrets_and_so_are_the_next_ones(
    runtime: DockerRuntime, registry: RegistryProcess, reader: FakeReader
) -> None:
    started(runtime, registry, "v1", "dep_1", HELLO_CRASH="hunter2-hunter2")
    (crashed,) = reader.next()
    assert crashed.endswith("no database at ***, giving up")
    started(runtime, registry, "v2", "dep_2")
    (listens,) = reader.next()
    assert "hello v2 listens on port 3000" in listens
