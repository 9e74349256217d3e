"""The registry's own HTTP API, asked with tokens that this process signs for itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import requests

from codeb.adapters.registry_tokens import RegistryTokens
from codeb.domain.registry_access import CATALOG_ACCESS, DELETE, PULL, Access
from codeb.domain.registry_images import StoredImage
from codeb.errors import Unavailable
from codeb.services.protocols import Clock

_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_ACCEPT = ", ".join(
    [
        *_INDEXES,
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)
_TIMEOUT = 30
_GONE = 404
_SELF = "codeb"


@dataclass(frozen=True, slots=True)
class HttpRegistry:
    """``url`` without a path; ``verify`` is the file of the CA that signed its certificate."""

    url: str
    tokens: RegistryTokens
    clock: Clock
    verify: str | bool = True
    page: int = 500
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def repositories(self) -> Sequence[str]:
        return list(self._pages("/v2/_catalog", "repositories", CATALOG_ACCESS))

    def images(self, repository: str) -> Sequence[StoredImage]:
        access = Access.repository(repository, PULL)
        found: dict[str, StoredImage] = {}
        for tag in self._pages(f"/v2/{repository}/tags/list", "tags", access):
            image = self._image(repository, tag, access)
            if image is not None:
                before = found.get(image.digest)
                tags = image.tags | (before.tags if before else frozenset())
                found[image.digest] = StoredImage(image.digest, tags, image.children)
        return list(found.values())

    def remove(self, repository: str, digest: str) -> None:
        self._ask("DELETE", f"/v2/{repository}/manifests/{digest}", Access.repository(repository, DELETE))

    def _image(self, repository: str, tag: str, access: Access) -> StoredImage | None:
        answer = self._ask("GET", f"/v2/{repository}/manifests/{tag}", access)
        if answer.status_code == _GONE:
            return None
        digest = answer.headers.get("Docker-Content-Digest", "")
        content: dict[str, Any] = answer.json() if answer.headers.get("Content-Type", "") in _INDEXES else {}
        return StoredImage(digest, frozenset([tag]), frozenset(each["digest"] for each in content.get("manifests", ())))

    def _pages(self, path: str, key: str, access: Access) -> Iterator[str]:
        """A repository that is empty has no list, which is an empty one."""
        next_url: str | None = f"{path}?n={self.page}"
        while next_url:
            answer = self._ask("GET", next_url, access)
            if answer.status_code == _GONE:
                return
            yield from answer.json().get(key) or ()
            next_url = answer.links.get("next", {}).get("url")

    def _ask(self, method: str, path: str, access: Access) -> requests.Response:
        token = self.tokens(_SELF, [access], self.clock.now())
        headers = {"Authorization": f"Bearer {token.text}", "Accept": _ACCEPT}
        try:
            answer = self.session.request(
                method,
                urljoin(self.url, path),
                headers=headers,
                verify=self.verify,
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Unavailable("the registry", f"{type(error).__name__} at {self.url}") from None
        if not answer.ok and answer.status_code != _GONE:
            raise Unavailable("the registry", f"it answered {answer.status_code} to {method} {path}")
        return answer
