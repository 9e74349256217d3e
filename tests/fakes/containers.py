"""A container engine: containers by name, each the deployment it runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from codeb.domain.names import Environment
from codeb.errors import CodebError
from codeb.services.protocols import ContainerSpec, Held, Observed, ProbeTarget, Ran, Stop, Ticket, never
from tests.fakes.faults import Faults


@dataclass(frozen=True)
class Container:
    deployment_id: str
    spec: ContainerSpec | None = None
    running: bool = True


@dataclass
class FakeRuntime:
    """``fails`` is what the next health check says; ``registry_fails`` what the registry does."""

    faults: Faults = field(default_factory=Faults)
    containers: dict[str, Container] = field(default_factory=dict)
    fails: CodebError | None = None
    registry_fails: CodebError | None = None
    ran: Ran = field(default_factory=lambda: Ran(0, ""))
    once: list[ContainerSpec] = field(default_factory=list)
    pulled: list[str] = field(default_factory=list)
    pruned: list[frozenset[str]] = field(default_factory=list)
    free: int = 10**12

    @property
    def running(self) -> dict[str, str]:
        return {name: each.deployment_id for name, each in self.containers.items()}

    @property
    def specs(self) -> dict[str, ContainerSpec]:
        return {name: each.spec for name, each in self.containers.items() if each.spec is not None}

    def look_up(self, image: str) -> str:
        if self.registry_fails:
            raise self.registry_fails
        if "@" in image:
            return image
        return f"{image.rsplit(':', 1)[0]}@sha256:{image.encode().hex():0>64.64}"

    def free_bytes(self) -> int:
        return self.free

    def pull(self, image: str, stop: Stop = never) -> str:
        self.faults.tick()
        stop()
        digest = self.look_up(image)
        self.pulled.append(digest)
        return digest

    def clear(self, container: str, deployment_id: str) -> Ticket:
        self.faults.tick()
        aside = f"{container}.aside-{deployment_id}"
        if container not in self.containers:
            return Ticket(container, deployment_id, None, was_running=False)
        old = self.containers[container] = replace(self.containers[container], running=False)
        self.faults.tick()
        del self.containers[container]
        self.containers[aside] = old
        self.faults.tick()
        return Ticket(container, deployment_id, aside, was_running=True)

    def start(self, ticket: Ticket, spec: ContainerSpec) -> None:
        self.faults.tick()
        self.containers[ticket.container] = Container(ticket.deployment_id, spec)
        self.faults.tick()

    def wait_ready(self, spec: ContainerSpec, target: ProbeTarget, stop: Stop = never) -> None:
        self.faults.tick()
        stop()
        if self.fails:
            raise self.fails

    def run_once(self, spec: ContainerSpec, timeout: int, stop: Stop = never) -> Ran:
        self.faults.tick()
        self.once.append(spec)
        self.faults.tick()
        return self.ran

    def commit(self, ticket: Ticket) -> None:
        self.faults.tick()
        self.containers.pop(ticket.set_aside or "", None)
        self.faults.tick()

    def undo(self, ticket: Ticket) -> None:
        self.faults.tick()
        new = self.containers.get(ticket.container)
        if ticket.set_aside in self.containers:
            if new is not None and new.deployment_id == ticket.deployment_id:
                del self.containers[ticket.container]
            old = self.containers.pop(ticket.set_aside or "")
            self.containers[ticket.container] = replace(old, running=True)
        elif new is not None and new.deployment_id == ticket.deployment_id:
            del self.containers[ticket.container]
        elif new is not None:
            self.containers[ticket.container] = replace(new, running=True)
        self.faults.tick()

    def left_behind(self, container: str, deployment_id: str) -> Ticket:
        aside = f"{container}.aside-{deployment_id}"
        found = aside in self.containers
        return Ticket(container, deployment_id, aside if found else None, was_running=found)

    def observe(self, container: str) -> Observed:
        held = self.containers.get(container)
        return Observed(running=held.running, deployment_id=held.deployment_id) if held else Observed(running=False)

    def revive(self, container: str) -> None:
        self.containers[container] = replace(self.containers[container], running=True)

    def held(self, environment: Environment | None = None) -> Sequence[Held]:
        found = []
        for name, each in self.containers.items():
            labels = each.spec.labels if each.spec else {}
            where = labels.get("codeb.project", ""), labels.get("codeb.environment", "")
            if environment in (None, Environment.of(*where) if all(where) else None):
                found.append(Held(name, *where, each.deployment_id, each.running, ".aside-" in name))
        return found

    def remove(self, container: str) -> None:
        self.faults.tick()
        self.containers.pop(container, None)
        self.faults.tick()

    def remove_network(self, network: str) -> None: ...

    def remove_volumes(self, project: str) -> None: ...

    def prune(self, repository: str, keep: frozenset[str]) -> Sequence[str]:
        self.pruned.append(keep)
        return ()
