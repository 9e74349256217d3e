"""The disk that a team's images take, as the engine says it."""

from types import SimpleNamespace
from typing import Any, cast

import docker

from codeb.adapters.docker.images import Images
from codeb.adapters.docker.registry_login import RegistryLogin
from codeb.settings import Secret

LISTED: list[dict[str, Any]] = [
    {"Size": 100, "RepoTags": ["registry.test:5000/blog:v1", "registry.test:5000/blog:v2"], "RepoDigests": None},
    {"Size": 20, "RepoTags": None, "RepoDigests": ["registry.test:5000/shop@sha256:" + "a" * 64]},
    {"Size": 3, "RepoTags": ["registry.test:5000/blog-two:v1"], "RepoDigests": []},
]


def test_each_image_of_the_repositories_counts_once() -> None:
    client = SimpleNamespace(api=SimpleNamespace(images=lambda: LISTED))
    images = Images(cast(docker.DockerClient, client), RegistryLogin("registry.test:5000", "", Secret("")))
    assert images.image_bytes(["registry.test:5000/blog"]) == 100
    assert images.image_bytes(["registry.test:5000/blog", "registry.test:5000/shop"]) == 120
    assert images.image_bytes(["registry.test:5000/none"]) == 0
