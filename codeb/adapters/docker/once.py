"""A container that runs once and serves nobody: a migration, say. Design section 5."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import docker
from docker.errors import NotFound
from docker.models.containers import Container

from codeb.adapters.docker.containers import discard, run
from codeb.adapters.docker.engine import AWAY
from codeb.adapters.docker.events import EngineEvents, Watch
from codeb.adapters.docker.images import Images
from codeb.adapters.docker.profile import ONCE, once_arguments
from codeb.adapters.docker.readiness import FIRST_DELAY, GROWTH, LONGEST_DELAY, last_lines
from codeb.services.errors import Unhealthy
from codeb.services.protocols import ContainerSpec, Ran, Stop


def run_once(images: Images, events: EngineEvents, spec: ContainerSpec, timeout: int, stop: Stop) -> Ran:
    """Run to the end; the container is gone afterwards, whatever happens.

    Raises StartFailed, and Unhealthy when it did not end within ``timeout`` seconds or was removed meanwhile.
    """
    with _gone_afterwards(images.client, spec.name), events.watching(spec.name) as watch:
        container = run(images, spec, once_arguments(spec), role=ONCE, published=False)
        try:
            exit_code = _ended(container, spec, timeout, watch, stop)
        except NotFound as error:
            raise Unhealthy(spec.name, "somebody removed it while it ran; run it again") from error
        return Ran(exit_code, last_lines(container, spec))


@contextmanager
def _gone_afterwards(client: docker.DockerClient, name: str) -> Iterator[None]:
    """What a process that crashed left under the name goes first. The block's error is the one to tell."""
    discard(client, name, stop_timeout=0)
    try:
        yield
    except BaseException:
        with suppress(*AWAY):
            discard(client, name, stop_timeout=0)
        raise
    discard(client, name, stop_timeout=0)


def _ended(container: Container, spec: ContainerSpec, timeout: int, watch: Watch, stop: Stop) -> int:
    """Its exit code, as soon as there is one."""
    deadline, delay = time.monotonic() + timeout, FIRST_DELAY
    while container.status not in ("exited", "dead"):
        stop()
        if (left := deadline - time.monotonic()) <= 0:
            reason = f"it did not end within {timeout} s and was killed; its last lines say what it was at"
            raise Unhealthy(spec.name, reason, logs=last_lines(container, spec))
        watch.wait(min(delay, left))
        delay = min(delay * GROWTH, LONGEST_DELAY)
        container.reload()
    return int(container.attrs["State"]["ExitCode"])
