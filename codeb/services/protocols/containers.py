"""What the use cases need of the container engine. Design section 9."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from codeb.domain.names import Environment

Stop = Callable[[], None]
"""Called between the steps of what takes long; raises Cancelled when it has to end."""


def never() -> None:
    """The ``Stop`` of what nobody can cancel."""


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A container, from a fixed hardened profile plus validated settings. Spec section 3, step 8.

    ``volumes`` maps the engine's volume names to paths in the container. ``health_command`` is run inside it by the
    engine; empty leaves the image's own check.
    """

    name: str
    network: str
    image: str
    port: int
    container_port: int
    env: Mapping[str, str]
    labels: Mapping[str, str]
    memory_bytes: int
    cpus: float
    command: tuple[str, ...]
    read_only: bool
    volumes: Mapping[str, str]
    health_command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """A slot's container on its way in, and the one that was set aside for it (by name), if there was one."""

    container: str
    deployment_id: str
    set_aside: str | None
    was_running: bool


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """What "ready" means for one container; ``timeout`` in seconds."""

    path: str
    status: int
    timeout: int


@dataclass(frozen=True, slots=True)
class Observed:
    """What the engine says of a slot's container; ``None`` fields where there is none."""

    running: bool
    deployment_id: str | None = None
    health: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A container that carries our labels, found by them."""

    name: str
    project: str
    environment: str
    deployment_id: str
    running: bool
    set_aside: bool


@dataclass(frozen=True, slots=True)
class Ran:
    """How a container that runs once ended; ``logs`` are its last lines, masked."""

    exit_code: int
    logs: str


class ContainerRuntime(Protocol):
    """Containers of slots. Nothing here ever touches the active slot's container by itself."""

    def look_up(self, image: str) -> str:
        """Ask the registry, without a pull, for ``repository@sha256:...``.

        Raises ImageUnavailable when it is not there or not for this host's processor, Unavailable.
        """
        ...

    def free_bytes(self) -> int:
        """Free disk where the engine keeps images."""
        ...

    def pull(self, image: str, stop: Stop = never) -> str:
        """Pull and return ``repository@sha256:...``; raises ImageUnavailable, Unavailable."""
        ...

    def clear(self, container: str, deployment_id: str) -> Ticket:
        """Stop the container and set it aside, so that its name and port are free and it can come back."""
        ...

    def start(self, ticket: Ticket, spec: ContainerSpec) -> None:
        """Create, start, and read back what the engine made of it; raises StartFailed."""
        ...

    def wait_ready(self, spec: ContainerSpec, target: ProbeTarget, stop: Stop = never) -> None:
        """Return as soon as the container is ready; raises Unhealthy with its last words."""
        ...

    def run_once(self, spec: ContainerSpec, timeout: int, stop: Stop = never) -> Ran:
        """Run a container that serves nobody until it ends, then remove it. Raises StartFailed, Unhealthy."""
        ...

    def commit(self, ticket: Ticket) -> None:
        """The new container stays; what was set aside goes."""
        ...

    def undo(self, ticket: Ticket) -> None:
        """The new container goes; what was set aside is back as it was."""
        ...

    def left_behind(self, container: str, deployment_id: str) -> Ticket:
        """The ticket of a deploy whose process died, so that it can be committed or undone."""
        ...

    def observe(self, container: str) -> Observed: ...

    def revive(self, container: str) -> None:
        """Start a container that is there and does not run; running already is fine."""
        ...

    def held(self, environment: Environment | None = None) -> Sequence[Held]:
        """Every container of ours on this host, or of one environment, set aside or not."""
        ...

    def remove(self, container: str) -> None:
        """Stop and remove; returns when the port is free. No container is no error."""
        ...

    def remove_network(self, network: str) -> None: ...

    def remove_volumes(self, project: str) -> None:
        """The named volumes of a project that is deleted."""
        ...

    def prune(self, repository: str, keep: frozenset[str]) -> Sequence[str]:
        """Remove the images of ``repository`` whose digest (``repository@sha256:...``) is not in ``keep``.

        An image that any container uses stays. Returns what was removed.
        """
        ...
