"""The runtime on this machine's engine, and the sample application in its registry and in a project's slots."""

from collections.abc import Iterator

import pytest

from codeb.adapters.docker.runtime import DockerRuntime
from codeb.bootstrap import Services
from codeb.domain.names import Environment
from tests.integration.containers import runtime_on_the_engine
from tests.integration.platform import ME, Platform
from tests.integration.registry_process import RegistryProcess


@pytest.fixture
def runtime(registry: RegistryProcess) -> Iterator[DockerRuntime]:
    with runtime_on_the_engine(registry.host) as runtime:
        yield runtime


@pytest.fixture
def v1(runtime: DockerRuntime, registry: RegistryProcess) -> str:
    return runtime.pull(f"{registry.host}/hello:v1")


@pytest.fixture
def services(platform: Platform) -> Iterator[Services]:
    """Of project blog: v1 in grace, v2 with the traffic."""
    with platform.opened() as services:
        services.init_project("blog", ME)
        for version in ("v1", "v2"):
            platform.release(services, Environment.of("blog"), version)
        yield services
