"""A runtime on the real engine for a test's own project, and its specifications."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.events import EngineEvents
from codeb.adapters.docker.images import Images
from codeb.adapters.docker.readiness import Readiness
from codeb.adapters.docker.registry_login import RegistryLogin
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.adapters.probe import HttpProbe
from codeb.services.protocols import ContainerSpec, ProbeTarget
from codeb.settings import Secret

PROJECT = "codeb-runtime-test"
NAME = f"{PROJECT}-production-blue"
NETWORK = f"codeb-{PROJECT}-production"
VOLUME = f"{PROJECT}-production-uploads"
READY = ProbeTarget("/health", 200, 20)


@contextmanager
def runtime_on_the_engine(registry: str, username: str = "", password: str = "") -> Iterator[DockerRuntime]:
    """Swept before, for what a killed run left behind, and after."""
    client = connect()
    login = RegistryLogin(registry, username, Secret(password))
    with closing(client), closing(EngineEvents()) as events:
        runtime = DockerRuntime(client, Images(client, login), Readiness(HttpProbe(), events))
        sweep(runtime)
        yield runtime
        sweep(runtime)


def sweep(runtime: DockerRuntime) -> None:
    for container in runtime.client.containers.list(
        all=True, filters={"label": f"codeb.project={PROJECT}"}, ignore_removed=True
    ):
        container.remove(force=True, v=True)
    runtime.remove_network(NETWORK)
    runtime.remove_volumes(PROJECT)


def spec(
    image: str,
    *,
    port: int,
    deployment: str = "dep_1",
    name: str = NAME,
    **env: str,
) -> ContainerSpec:
    return ContainerSpec(
        name=name,
        network=NETWORK,
        image=image,
        port=port,
        container_port=3000,
        env=env,
        labels={"codeb.project": PROJECT, "codeb.environment": "production", "codeb.deployment": deployment},
        memory_bytes=64 * 1024**2,
        cpus=0.5,
        command=(),
        read_only=True,
        volumes={},
        health_command=(),
    )


def names(runtime: DockerRuntime) -> list[str]:
    found = runtime.client.containers.list(all=True, filters={"label": f"codeb.project={PROJECT}"}, ignore_removed=True)
    return sorted(str(container.name) for container in found)
