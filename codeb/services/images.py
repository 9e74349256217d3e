"""Which image a deploy runs, whether it may, and how it comes to this host. Spec section 3, step 5; security 1."""

import re
from dataclasses import dataclass

from codeb.errors import InvalidInput
from codeb.services.errors import ImageNotAllowed, NoRoom
from codeb.services.protocols import ContainerRuntime, Stop

_REFERENCE = re.compile(
    r"(?P<repository>[a-z0-9._:-]+(?:/[a-z0-9._-]+)*)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, slots=True)
class ImageRules:
    """``registry`` is HOST:PORT; ``prefixes`` are the further repositories that the operator lists."""

    registry: str
    prefixes: tuple[str, ...] = ()

    def repository(self, project: str) -> str:
        return f"{self.registry}/{project}"

    def shared(self, repository: str) -> bool:
        """Whether the operator lets every project run what is in it."""
        return any(_within(repository, prefix) for prefix in self.prefixes)

    def resolve(self, project: str, image: str | None, version: str) -> tuple[str, str]:
        """The image's reference and the version it stands for; raises InvalidInput, ImageNotAllowed."""
        own = self.repository(project)
        reference = image or f"{own}:{version}"
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise InvalidInput("image", f"{reference!r} is not a reference such as {own}:abc1234")
        repository = match["repository"]
        if repository != own and not self.shared(repository):
            raise ImageNotAllowed(reference, " or ".join((own, *self.prefixes)))
        return reference, match["tag"] or (match["digest"] or version)[:19]


def _within(repository: str, prefix: str) -> bool:
    """The very repository, or one below it: ``ghcr.io/acme`` lets nobody in who is called ``acme-evil``."""
    return repository == prefix or repository.startswith(f"{prefix.rstrip('/')}/")


@dataclass(frozen=True, slots=True)
class ImageSource:
    """The registry's images, on their way to this host. ``min_free`` bytes of disk are wanted before a pull."""

    runtime: ContainerRuntime
    rules: ImageRules
    min_free: int = 0

    def find(self, reference: str) -> str:
        """The digest behind ``reference``, without a pull; raises ImageUnavailable, Unavailable."""
        return self.runtime.look_up(reference)

    def fetch(self, digest: str, stop: Stop) -> None:
        """Have the image here; raises NoRoom, ImageUnavailable, Unavailable, or what ``stop`` raises."""
        free = self.runtime.free_bytes()
        if free < self.min_free:
            raise NoRoom(free, self.min_free)
        self.runtime.pull(digest, stop)
