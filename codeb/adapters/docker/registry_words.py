"""Why an image could not be had, in a sentence a person can act on."""

from collections.abc import Iterable

from codeb.errors import CodebError, Unavailable
from codeb.services.errors import ImageUnavailable

_UNTRUSTED = ("x509:", "certificate")
_AWAY = (
    "connection refused",
    "no such host",
    "i/o timeout",
    "Client.Timeout",
    "context deadline exceeded",
    "handshake timeout",
    "no route to host",
    "network is unreachable",
    "connection reset",
    "EOF",
)
_UNKNOWN = ("manifest unknown", "name unknown", "not found")
_REFUSED = ("unauthorized", "no basic auth credentials", "authentication required", "denied", "incorrect username")


def explained(image: str, failure: str) -> CodebError:
    """The error for what the engine said of ``image``."""
    registry = image.partition("/")[0]
    if "no space left" in failure:
        return ImageUnavailable(
            f"{image} was not pulled: the disk of the app host is full; remove images or projects that are"
            f" no longer needed ({failure})"
        )
    if _says(failure, _UNTRUSTED):
        return Unavailable(
            f"registry {registry}",
            f"the engine does not trust its certificate; its CA belongs in /etc/docker/certs.d/{registry}/ca.crt"
            f" ({failure})",
        )
    if _says(failure, _REFUSED):
        return ImageUnavailable(
            f"{image}: the registry refused our login; run the bootstrap, so that it knows the key of our tokens, or"
            f" check CODEB_REGISTRY_USERNAME and CODEB_REGISTRY_PASSWORD where it is not ours ({failure})"
        )
    if _says(failure, _UNKNOWN):
        return ImageUnavailable(f"{image} is not in the registry: push it first, or check the tag ({failure})")
    if _says(failure, _AWAY):
        return Unavailable(f"registry {registry}", f"it does not answer; is it running? ({failure})")
    return ImageUnavailable(f"{image} was not pulled: {failure}")


def wrong_platform(image: str, offered: Iterable[str], ours: str) -> ImageUnavailable:
    return ImageUnavailable(
        f"{image} is built for {', '.join(sorted(offered))} and this host is {ours}:"
        f" build it with `docker buildx build --platform {ours}`"
    )


def _says(failure: str, words: Iterable[str]) -> bool:
    return any(word in failure for word in words)
