"""The stand-in engine of the benchmark makes containers that our own adapter takes for real ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.engine import MakingEngine
from bench.engine_facts import DIGEST
from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.events import EngineEvents
from codeb.adapters.docker.images import Images
from codeb.adapters.docker.readiness import Readiness
from codeb.adapters.docker.registry_login import RegistryLogin
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.adapters.probe import HttpProbe
from codeb.domain.names import Environment
from codeb.services.protocols import ContainerSpec, ProbeTarget
from codeb.settings import Secret
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration
NAME = "blog-production-green"
WELL = ProbeTarget("/health", 200, 20)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[MakingEngine]:
    with MakingEngine(tmp_path / "engine.sock", {"shop-production-blue": "running"}).running() as running:
        yield running


@pytest.fixture
def runtime(engine: MakingEngine) -> Iterator[DockerRuntime]:
    client = connect(f"unix://{engine.socket}")
    events = EngineEvents(lambda: connect(f"unix://{engine.socket}"))
    yield DockerRuntime(client, Images(client, RegistryLogin("", "", Secret(""))), Readiness(HttpProbe(), events))
    events.close()
    client.close()


def spec(deployment: str, port: int) -> ContainerSpec:
    return ContainerSpec(
        name=NAME,
        network="codeb-blog-production",
        image=f"registry.test/blog@{DIGEST}",
        port=port,
        container_port=3000,
        env={},
        labels={
            "codeb.project": "blog",
            "codeb.environment": "production",
            "codeb.slot": "green",
            "codeb.deployment": deployment,
        },
        memory_bytes=128 * 1024**2,
        cpus=1.0,
        command=(),
        read_only=False,
        volumes={},
        health_command=(),
    )


def test_a_deploy_after_another_finds_its_container_well_and_the_one_before_gone(
    engine: MakingEngine, runtime: DockerRuntime
) -> None:
    port = free_port()
    for deployment in ("dep_1", "dep_2"):
        ticket = runtime.clear(NAME, deployment)
        runtime.start(ticket, spec(deployment, port))
        runtime.wait_ready(spec(deployment, port), WELL)
        runtime.commit(ticket)
    assert [each.name for each in engine.made] == [NAME]
    assert runtime.observe(NAME).deployment_id == "dep_2"


def test_a_container_that_was_set_aside_comes_back(runtime: DockerRuntime) -> None:
    port = free_port()
    runtime.start(runtime.clear(NAME, "dep_1"), spec("dep_1", port))
    ticket = runtime.clear(NAME, "dep_2")
    assert HttpProbe().answers(port, WELL) is not None
    runtime.undo(ticket)
    assert HttpProbe().answers(port, WELL) is None


def test_an_environment_is_shown_its_own_containers_only(runtime: DockerRuntime) -> None:
    runtime.start(runtime.clear(NAME, "dep_1"), spec("dep_1", free_port()))
    assert {each.name for each in runtime.held()} == {NAME, "shop-production-blue"}
    assert [each.name for each in runtime.held(Environment.of("shop"))] == ["shop-production-blue"]


def test_an_image_is_known_by_its_digest_and_is_here(runtime: DockerRuntime) -> None:
    digest = runtime.look_up("registry.test/blog:1.0.0")
    assert digest == runtime.pull(digest) == f"registry.test/blog@{DIGEST}"
