"""Slots' containers on the Docker Engine of this host. Spec section 3, steps 5-9; design section 9."""

from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from codeb.adapters.docker.engine import engine_errors
from codeb.adapters.docker.images import Images
from codeb.adapters.docker.profile import create_arguments, ensure_network
from codeb.adapters.docker.readiness import Readiness
from codeb.services.errors import StartFailed
from codeb.services.protocols import ContainerSpec, Observed, ProbeTarget, Ticket

_STOP_TIMEOUT = 30
_KEPT: Any = {"Name": "unless-stopped"}
_NOT_KEPT: Any = {"Name": "no"}


@dataclass(frozen=True, slots=True)
class DockerRuntime:
    client: docker.DockerClient
    images: Images
    readiness: Readiness

    def pull(self, image: str) -> str:
        return self.images.pull(image)

    def clear(self, container: str, deployment_id: str) -> Ticket:
        with engine_errors():
            old = self._find(container)
            if old is None:
                return Ticket(container, deployment_id, None, was_running=False)
            was_running = old.status == "running"
            aside = _aside(container, deployment_id)
            old.update(restart_policy=_NOT_KEPT)
            old.stop(timeout=_STOP_TIMEOUT)
            old.rename(aside)
        return Ticket(container, deployment_id, aside, was_running)

    def start(self, ticket: Ticket, spec: ContainerSpec) -> None:
        try:
            with engine_errors():
                ensure_network(self.client, spec)
                self.client.containers.create(**create_arguments(spec)).start()
        except APIError as error:
            raise StartFailed(f"{ticket.container} could not be started: {error.explanation or error}") from error

    def wait_ready(self, spec: ContainerSpec, target: ProbeTarget) -> None:
        with engine_errors():
            container = self.client.containers.get(spec.name)
            self.readiness.wait(container, spec, target)
            container.update(restart_policy=_KEPT)

    def commit(self, ticket: Ticket) -> None:
        with engine_errors():
            self._discard(ticket.set_aside)

    def undo(self, ticket: Ticket) -> None:
        with engine_errors():
            new = self._find(ticket.container)
            if new is not None and new.labels.get("codeb.deployment") == ticket.deployment_id:
                self._discard(ticket.container)
            if ticket.set_aside and (old := self._find(ticket.set_aside)) is not None:
                old.rename(ticket.container)
                old.update(restart_policy=_KEPT)
                if ticket.was_running:
                    old.start()

    def left_behind(self, container: str, deployment_id: str) -> Ticket:
        """The ticket of a deploy whose process died, so that it can be committed or undone."""
        with engine_errors():
            aside = _aside(container, deployment_id)
            found = self._find(aside) is not None
        return Ticket(container, deployment_id, aside if found else None, was_running=found)

    def observe(self, container: str) -> Observed:
        with engine_errors():
            found = self._find(container)
        if found is None:
            return Observed(running=False)
        state: dict[str, Any] = found.attrs["State"]
        return Observed(
            running=state["Running"],
            deployment_id=found.labels.get("codeb.deployment"),
            health=state.get("Health", {}).get("Status"),
            image=found.attrs["Config"]["Image"],
        )

    def remove(self, container: str) -> None:
        with engine_errors():
            self._discard(container)

    def remove_network(self, network: str) -> None:
        with engine_errors():
            try:
                self.client.networks.get(network).remove()
            except NotFound:
                return

    def _find(self, name: str) -> Container | None:
        try:
            return self.client.containers.get(name)
        except NotFound:
            return None

    def _discard(self, name: str | None) -> None:
        """Stop gently, then remove with its anonymous volumes. Gone already is fine."""
        if name is None or (container := self._find(name)) is None:
            return
        try:
            container.update(restart_policy=_NOT_KEPT)
            container.stop(timeout=_STOP_TIMEOUT)
            container.remove(v=True, force=True)
        except NotFound:
            return


def _aside(container: str, deployment_id: str) -> str:
    return f"{container}.aside-{deployment_id}"
