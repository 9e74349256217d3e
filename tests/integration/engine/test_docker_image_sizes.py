"""The disk of a team's images, by the engine's own figures. Security 10."""

import pytest

from codeb.adapters.docker.runtime import DockerRuntime
from tests import sample_app
from tests.integration.registry_process import RegistryProcess

pytestmark = pytest.mark.integration


def test_an_image_takes_what_the_engine_says_however_it_is_named(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    repository = f"{registry.host}/sized"
    tag = f"{repository}:v1"
    sample_app.build(tag, "sized")
    sample_app.push(tag)
    digest = runtime.pull(tag)
    size = runtime.client.images.get(tag).attrs["Size"]
    assert runtime.images.image_bytes([repository]) == size
    runtime.client.api.tag(tag, repository, "v2")
    assert runtime.images.image_bytes([repository]) == size, "a second name is no second image"
    runtime.client.api.remove_image(tag)
    runtime.client.api.remove_image(f"{repository}:v2")
    runtime.pull(digest)
    assert runtime.images.image_bytes([repository]) == size, "known by its digest alone"
    assert runtime.images.image_bytes([f"{repository}-too"]) == 0
