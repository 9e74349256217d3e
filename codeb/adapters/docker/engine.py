"""The Docker Engine's client, with its errors as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager

import docker
from docker.errors import APIError, DockerException
from requests.exceptions import RequestException

from codeb.errors import Unavailable

_TIMEOUT = 120


def connect(base_url: str = "unix:///var/run/docker.sock") -> docker.DockerClient:
    """The engine may be away: the first call says so, not this one."""
    return docker.DockerClient(base_url=base_url, version="1.41", timeout=_TIMEOUT)


@contextmanager
def engine_errors() -> Iterator[None]:
    """An engine that does not answer is Unavailable; what it refuses stays an APIError for the caller to explain."""
    try:
        yield
    except APIError:
        raise
    except (DockerException, RequestException) as error:
        raise Unavailable("Docker Engine", str(error)) from error
