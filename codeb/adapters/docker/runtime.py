"""Slots' containers on the Docker Engine of this host. Spec section 3, steps 5-9; design section 9."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError, NotFound

from codeb.adapters.docker import engine, inventory, once, set_aside
from codeb.adapters.docker.containers import KEPT, discard, find, restarts, run
from codeb.adapters.docker.engine import engine_errors, no_refusal, words
from codeb.adapters.docker.events import EngineEvents
from codeb.adapters.docker.images import Images
from codeb.adapters.docker.profile import DEPLOYMENT, SLOT, slot_arguments
from codeb.adapters.docker.readiness import Readiness
from codeb.domain.names import Environment
from codeb.services.errors import StartFailed, Unhealthy
from codeb.services.protocols import ContainerSpec, Held, Observed, ProbeTarget, Ran, Stop, Ticket, never


@dataclass(frozen=True, slots=True)
class DockerRuntime:
    """A ContainerRuntime. Whoever made the events closes them."""

    client: docker.DockerClient
    images: Images
    readiness: Readiness

    @property
    def events(self) -> EngineEvents:
        return self.readiness.events

    def look_up(self, image: str) -> str:
        return self.images.look_up(image)

    def free_bytes(self) -> int:
        with no_refusal():
            return engine.free_bytes(self.client)

    def pull(self, image: str, stop: Stop = never) -> str:
        return self.images.pull(image, stop)

    def prune(self, repository: str, keep: frozenset[str]) -> Sequence[str]:
        return self.images.prune(repository, keep)

    def clear(self, container: str, deployment_id: str) -> Ticket:
        with no_refusal():
            return set_aside.clear(self.client, container, deployment_id)

    def start(self, ticket: Ticket, spec: ContainerSpec) -> None:  # noqa: ARG002 - the contract names it
        with no_refusal():
            run(self.images, spec, slot_arguments(spec), role=SLOT, published=True)

    def wait_ready(self, spec: ContainerSpec, target: ProbeTarget, stop: Stop = never) -> None:
        with no_refusal():
            if (container := find(self.client, spec.name)) is None:
                raise Unhealthy(spec.name, "it is not there; deploy again")
            self.readiness.wait(container, spec, target, stop)
            restarts(container, KEPT)

    def run_once(self, spec: ContainerSpec, timeout: int, stop: Stop = never) -> Ran:
        with no_refusal():
            return once.run_once(self.images, self.events, spec, timeout, stop)

    def commit(self, ticket: Ticket) -> None:
        if ticket.set_aside is not None:
            self.remove(ticket.set_aside)

    def undo(self, ticket: Ticket) -> None:
        with no_refusal():
            set_aside.undo(self.client, ticket)

    def left_behind(self, container: str, deployment_id: str) -> Ticket:
        with no_refusal():
            return set_aside.left_behind(self.client, container, deployment_id)

    def observe(self, container: str) -> Observed:
        with no_refusal():
            found = find(self.client, container)
        if found is None:
            return Observed(running=False)
        state: dict[str, Any] = found.attrs["State"]
        return Observed(
            running=state["Running"],
            deployment_id=found.labels.get(DEPLOYMENT),
            health=(state.get("Health") or {}).get("Status"),
            image=found.attrs["Config"]["Image"],
        )

    def revive(self, container: str) -> None:
        """Raises StartFailed when there is none, or the engine cannot start it."""
        try:
            with engine_errors():
                if (found := find(self.client, container)) is None:
                    raise StartFailed(f"{container} is not there any more; deploy it again")
                restarts(found, KEPT)
                if found.status == "paused":
                    found.unpause()
                found.start()
        except APIError as error:
            raise StartFailed(f"{container} could not be started again: {words(error)}") from error

    def held(self, environment: Environment | None = None) -> Sequence[Held]:
        with no_refusal():
            return inventory.held(self.client, environment)

    def remove(self, container: str) -> None:
        with no_refusal():
            discard(self.client, container)

    def remove_network(self, network: str) -> None:
        with no_refusal():
            try:
                self.client.networks.get(network).remove()
            except NotFound:
                return

    def remove_volumes(self, project: str) -> None:
        with no_refusal():
            inventory.remove_volumes(self.client, project)
