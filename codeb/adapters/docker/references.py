"""References of images: ``host:port/name:tag`` and ``host:port/name@sha256:...``."""


def split(image: str) -> tuple[str, str]:
    """Repository, and tag or digest, as the engine's pull wants them."""
    if "@" in image:
        name, _, digest = image.partition("@")
        return repository_of(name), digest
    head, colon, tail = image.rpartition(":")
    return (head, tail) if colon and "/" not in tail else (image, "latest")


def repository_of(image: str) -> str:
    return split(image)[0]


def joined(repository: str, tag: str) -> str:
    return f"{repository}@{tag}" if tag.startswith("sha256:") else f"{repository}:{tag}"
