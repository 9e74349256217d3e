"""Containers by name: find, start with its reasons, remove without a race."""

from typing import Any

import docker
from docker.errors import APIError, ImageNotFound, NotFound
from docker.models.containers import Container

from codeb.adapters.docker.engine import words
from codeb.adapters.docker.images import Images
from codeb.adapters.docker.profile import ensure_network, ensure_volumes
from codeb.adapters.docker.readback import deviations
from codeb.services.errors import StartFailed
from codeb.services.protocols import ContainerSpec

STOP_TIMEOUT = 30
KEPT: Any = {"Name": "unless-stopped"}
NOT_KEPT: Any = {"Name": "no"}


def find(client: docker.DockerClient, name: str) -> Container | None:
    try:
        return client.containers.get(name)
    except NotFound:
        return None


def discard(client: docker.DockerClient, name: str, stop_timeout: int = STOP_TIMEOUT) -> None:
    """Stop gently, then remove with its anonymous volumes. Gone already, or going by another's hand, is fine."""
    if (container := find(client, name)) is None:
        return
    try:
        container.stop(timeout=stop_timeout)
        container.remove(v=True, force=True)
    except NotFound:
        return
    except APIError as error:
        if "removal" not in words(error):
            raise
        _gone(container)


def restarts(container: Container, policy: Any) -> None:
    """Change the restart policy, also of a container that ends at this very moment."""
    try:
        container.update(restart_policy=policy)
    except APIError as error:
        if "not running" not in words(error):
            raise
        container.wait(condition="not-running", timeout=STOP_TIMEOUT)
        container.update(restart_policy=policy)


def _gone(container: Container) -> None:
    """Somebody else removes it at this moment: wait for the end of that."""
    try:
        container.wait(condition="removed", timeout=2 * STOP_TIMEOUT)
    except NotFound:
        return


def run(images: Images, spec: ContainerSpec, arguments: dict[str, Any], *, role: str, published: bool) -> Container:
    """Create, start, and read back. Raises StartFailed, and then a container that is not as asked is gone."""
    client = images.client
    try:
        ensure_network(client, spec)
        ensure_volumes(client, spec)
        container = _created(images, spec, arguments)
        container.start()
        container.reload()
    except APIError as error:
        raise StartFailed(_why_not(spec, words(error))) from error
    if wrong := deviations(container.attrs, spec, role=role, published=published):
        discard(client, spec.name, stop_timeout=0)
        raise StartFailed(f"{spec.name} was removed: the engine did not make it as asked: {'; '.join(wrong)}")
    return container


def _created(images: Images, spec: ContainerSpec, arguments: dict[str, Any]) -> Container:
    """An image that was pruned between its pull and now is pulled again: it is named by its digest."""
    try:
        return images.client.containers.create(**arguments)
    except ImageNotFound:
        images.pull(spec.image)
        return images.client.containers.create(**arguments)


def _why_not(spec: ContainerSpec, said: str) -> str:
    if "port is already allocated" in said or "address already in use" in said:
        return f"{spec.name} could not be started: port {spec.port} is taken by another program of the host ({said})"
    if "executable file not found" in said or "no such file or directory" in said:
        program = spec.command[0] if spec.command else "its command"
        return (
            f"{spec.name} could not be started: {program} is not in the image;"
            f" check the project's command and the image's CMD and ENTRYPOINT ({said})"
        )
    if "permission denied" in said:
        return f"{spec.name} could not be started: its program is not executable; chmod it in the image ({said})"
    return f"{spec.name} could not be started: {said}"
