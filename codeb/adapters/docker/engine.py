"""The Docker Engine's client, with its errors as sentences."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.errors import APIError, DockerException
from requests.exceptions import RequestException

from codeb.errors import Unavailable

_TIMEOUT = 120
AWAY = (DockerException, RequestException)
"""What the client raises when the engine does not answer; of these an APIError is an answer."""


def connect(base_url: str = "unix:///var/run/docker.sock") -> docker.DockerClient:
    """The engine may be away: the first call says so, not this one.

    Neither a proxy nor a ``.netrc`` concerns it, and looking for them is a sixth of what a call costs.
    """
    client = docker.DockerClient(base_url=base_url, version="1.41", timeout=_TIMEOUT)
    client.api.trust_env = False
    return client


@contextmanager
def engine_errors() -> Iterator[None]:
    """An engine that does not answer is Unavailable; what it refuses stays an APIError for the caller to explain."""
    try:
        yield
    except APIError:
        raise
    except AWAY as error:
        raise Unavailable("Docker Engine", str(error)) from error


@contextmanager
def no_refusal() -> Iterator[None]:
    """For calls that the engine has no good reason to refuse: its refusal is Unavailable too, with its own words."""
    try:
        with engine_errors():
            yield
    except APIError as error:
        raise Unavailable("Docker Engine", f"it refused: {words(error)}") from error


def words(error: APIError) -> str:
    """What the engine itself said."""
    return str(error.explanation or error)


def platform(client: docker.DockerClient) -> str:
    """Operating system and processor of the engine: ``linux/amd64``."""
    version = client.version()
    return f"{version['Os']}/{version['Arch']}"


def free_bytes(client: docker.DockerClient) -> int:
    """Free disk under the engine's data root, as an ordinary user may use it.

    The root itself is closed to everybody but root, so the nearest directory that answers is asked.
    """
    root = Path(client.info()["DockerRootDir"])
    for path in (root, *root.parents):
        try:
            disk = os.statvfs(path)
        except OSError:
            continue
        return disk.f_bavail * disk.f_frsize
    raise Unavailable("Docker Engine", f"its data root {root} cannot be looked at")
