"""The runtime on the Docker Engine is what the use cases ask for; the type checker reads this, nothing is contacted."""

from contextlib import closing

from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.events import EngineEvents
from codeb.adapters.docker.images import Images
from codeb.adapters.docker.readiness import Readiness
from codeb.adapters.docker.registry_login import RegistryLogin
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.adapters.probe import HttpProbe
from codeb.services.protocols import ContainerRuntime, Probe
from codeb.settings import Secret


def test_it_is_built_without_contacting_the_engine() -> None:
    probe = HttpProbe()
    asked: Probe = probe
    with closing(EngineEvents()) as events, closing(connect("unix:///run/no-such-engine.sock")) as client:
        images = Images(client, RegistryLogin("registry.test", "codeb", Secret("pw")))
        runtime: ContainerRuntime = DockerRuntime(client, images, Readiness(probe, events))
    assert asked is probe
    assert isinstance(runtime, DockerRuntime)


def test_a_login_is_shown_to_its_own_registry_only() -> None:
    login = RegistryLogin("registry.test:5000", "codeb", Secret("pw"))
    assert login.for_image("registry.test:5000/blog:v1") == {"username": "codeb", "password": "pw"}
    assert login.for_image("registry.test:5000.evil.example/blog:v1") is None
    assert RegistryLogin("registry.test", "", Secret("")).for_image("registry.test/blog") is None
