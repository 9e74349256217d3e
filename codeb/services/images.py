"""Which image a deploy runs, and whether it may. Spec section 3, step 5; security 1."""

import re
from dataclasses import dataclass

from codeb.errors import InvalidInput
from codeb.services.errors import ImageNotAllowed

_REFERENCE = re.compile(
    r"(?P<repository>[a-z0-9._:-]+(?:/[a-z0-9._-]+)*)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, slots=True)
class ImageRules:
    """``registry`` is HOST:PORT; ``prefixes`` are the further repositories that the operator lists."""

    registry: str
    prefixes: tuple[str, ...] = ()

    def resolve(self, project: str, image: str | None, version: str) -> tuple[str, str]:
        """The image's reference and the version it stands for; raises InvalidInput, ImageNotAllowed."""
        own = f"{self.registry}/{project}"
        reference = image or f"{own}:{version}"
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise InvalidInput("image", f"{reference!r} is not a reference such as {own}:abc1234")
        repository = match["repository"]
        if repository != own and not repository.startswith(self.prefixes or ("\0",)):
            raise ImageNotAllowed(reference, " or ".join((own, *self.prefixes)))
        return reference, match["tag"] or (match["digest"] or version)[:19]
