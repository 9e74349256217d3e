"""Pull an image and resolve its digest. Spec section 3, step 5."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError

from codeb.adapters.docker.engine import engine_errors
from codeb.services.errors import ImageUnavailable
from codeb.settings import Secret


@dataclass(frozen=True, slots=True)
class RegistryLogin:
    registry: str
    username: str
    password: Secret

    def for_image(self, image: str) -> dict[str, str] | None:
        """The credentials for ``image``; None where they are not this registry's to see."""
        if not self.username or not image.startswith(f"{self.registry}/"):
            return None
        return {"username": self.username, "password": self.password.reveal()}


@dataclass(frozen=True, slots=True)
class Images:
    client: docker.DockerClient
    login: RegistryLogin

    def pull(self, image: str) -> str:
        repository, tag = _split(image)
        try:
            with engine_errors():
                stream: Iterable[Mapping[str, Any]] = self.client.api.pull(
                    repository, tag=tag, stream=True, decode=True, auth_config=self.login.for_image(image)
                )
                failures = [str(event["error"]) for event in stream if "error" in event]
                if failures:
                    raise ImageUnavailable(_explain(image, failures[0]))
                digests: list[str] = self.client.images.get(_joined(repository, tag)).attrs["RepoDigests"]
        except APIError as error:
            raise ImageUnavailable(_explain(image, str(error.explanation or error))) from error
        return next(digest for digest in digests if digest.startswith(f"{repository}@"))


def _split(image: str) -> tuple[str, str]:
    """Repository, and tag or digest, as the engine's pull wants them."""
    if "@" in image:
        name, _, digest = image.partition("@")
        return _split(name)[0], digest
    head, colon, tail = image.rpartition(":")
    return (head, tail) if colon and "/" not in tail else (image, "latest")


def _joined(repository: str, tag: str) -> str:
    return f"{repository}@{tag}" if tag.startswith("sha256:") else f"{repository}:{tag}"


def _explain(image: str, failure: str) -> str:
    if "manifest unknown" in failure or "not found" in failure:
        return f"{image} is not in the registry: push it first, or check the tag ({failure})"
    if "no space left" in failure:
        return f"{image} was not pulled: the disk of the app host is full ({failure})"
    return f"{image} was not pulled: {failure}"
