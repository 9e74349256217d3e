"""Images: what the registry has, pulled with its digest, and what is no longer needed. Spec section 3, step 5."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError, NotFound

from codeb.adapters.docker.engine import engine_errors, no_refusal, platform, words
from codeb.adapters.docker.references import joined, repository_of, split
from codeb.adapters.docker.registry_login import Login
from codeb.adapters.docker.registry_words import explained, wrong_platform
from codeb.services.protocols import Stop, never

_DIGEST = "Digest: "


@dataclass(frozen=True, slots=True)
class Images:
    client: docker.DockerClient
    login: Login

    def look_up(self, image: str) -> str:
        """Ask the registry through the engine, which has its certificates and its network."""
        repository, tag = split(image)
        if self._here(repository, tag):
            return joined(repository, tag)
        try:
            with engine_errors():
                found: Mapping[str, Any] = self.client.api.inspect_distribution(  # type: ignore[no-untyped-call]
                    joined(repository, tag), auth_config=self.login.for_image(image)
                )
                ours = platform(self.client)
        except APIError as error:
            raise explained(image, words(error)) from error
        offered = {f"{each['os']}/{each['architecture']}" for each in found.get("Platforms") or () if each.get("os")}
        if offered and ours not in offered:
            raise wrong_platform(image, offered, ours)
        return f"{repository}@{found['Descriptor']['digest']}"

    def pull(self, image: str, stop: Stop = never) -> str:
        repository, tag = split(image)
        if self._here(repository, tag):
            return joined(repository, tag)
        try:
            with engine_errors():
                stream: Iterable[Mapping[str, Any]] = self.client.api.pull(
                    repository, tag=tag, stream=True, decode=True, auth_config=self.login.for_image(image)
                )
                digest = _digest(image, stream, stop)
                pulled = self.client.images.get(joined(repository, tag)).attrs
                ours = platform(self.client)
        except APIError as error:
            raise explained(image, words(error)) from error
        if (made_for := f"{pulled['Os']}/{pulled['Architecture']}") != ours:
            raise wrong_platform(image, {made_for}, ours)
        return f"{repository}@{digest}"

    def _here(self, repository: str, tag: str) -> bool:
        """An image that was named by its digest and is on this host needs no registry."""
        if not tag.startswith("sha256:"):
            return False
        try:
            with engine_errors():
                image = self.client.images.get(joined(repository, tag)).attrs
                return f"{image['Os']}/{image['Architecture']}" == platform(self.client)
        except NotFound:
            return False

    def prune(self, repository: str, keep: frozenset[str]) -> Sequence[str]:
        """Images of exactly ``repository``; what a container uses, running or not, stays."""
        with no_refusal():
            used = {container["ImageID"] for container in self.client.api.containers(all=True)}
            images: list[dict[str, Any]] = self.client.api.images(name=repository)
            removed: list[str] = []
            for image in images:
                tags = _of(repository, image["RepoTags"])
                digests = _of(repository, image["RepoDigests"])
                if image["Id"] not in used and keep.isdisjoint(digests) and self._untagged([*tags, *digests]):
                    removed += digests or tags
        return removed

    def image_bytes(self, repositories: Collection[str]) -> int:
        """The engine's own figure of each; layers that several share are in each of them."""
        with no_refusal():
            images: list[dict[str, Any]] = self.client.api.images()
        return sum(int(image["Size"]) for image in images if not _repositories(image).isdisjoint(repositories))

    def _untagged(self, references: Sequence[str]) -> bool:
        """Remove the references, the last of which takes the image with it.

        False when a container began to use it meanwhile: the engine refuses then.
        """
        for reference in references:
            try:
                self.client.api.remove_image(reference)
            except NotFound:
                continue
            except APIError as error:
                if error.status_code != 409:  # noqa: PLR2004 - conflict
                    raise
                return False
        return bool(references)


def _digest(image: str, stream: Iterable[Mapping[str, Any]], stop: Stop) -> str:
    """Follow a pull to its end: the digest that it says. Ending it early ends the engine's pull too."""
    digest = ""
    for event in stream:
        stop()
        if "error" in event:
            raise explained(image, str(event["error"]))
        if (status := str(event.get("status", ""))).startswith(_DIGEST):
            digest = status.removeprefix(_DIGEST)
    if not digest:
        raise explained(image, "the engine named no digest")
    return digest


def _repositories(image: Mapping[str, Any]) -> set[str]:
    return {repository_of(each) for each in (*(image["RepoTags"] or ()), *(image["RepoDigests"] or ()))}


def _of(repository: str, references: Sequence[str] | None) -> list[str]:
    return [reference for reference in references or () if repository_of(reference) == repository]
