"""What the use cases need of the world. The real ones are in ``codeb.adapters``, the tests' in ``tests/fakes.py``."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from codeb.domain.deployment import Deployment
from codeb.domain.events import Event, EventKind
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.project import Project, ProjectSettings
from codeb.domain.routing import Word
from codeb.domain.slots import SlotPair


class Clock(Protocol):
    def now(self) -> datetime: ...


class Locks(Protocol):
    """One holder per environment; the kernel frees a lock whose holder died. Design section 3."""

    def held(
        self, environment: Environment, what: str, by: str, *, wait: float | None = None
    ) -> AbstractContextManager[None]:
        """Hold the environment while the block runs; raises Locked with the holder after ``wait`` seconds in vain."""
        ...


class Journal(Protocol):
    """What happened to an environment, in order, on the host itself. Design section 2."""

    def append(
        self,
        environment: Environment,
        kind: EventKind,
        *,
        generation: int,
        by: str,
        why: str,
        data: Mapping[str, object],
    ) -> Event:
        """Durable when it returns; raises JournalUnwritable."""
        ...

    def events(self, environment: Environment) -> Sequence[Event]: ...

    def environments(self) -> Sequence[Environment]: ...

    def remove(self, environment: Environment) -> None: ...


class SlotStore(Protocol):
    """The slots as they are now: a projection of the journal."""

    def get(self, environment: Environment) -> SlotPair:
        """Raises UnknownEnvironment."""
        ...

    def save(self, pair: SlotPair) -> None: ...

    def all(self) -> Sequence[SlotPair]: ...

    def remove(self, environment: Environment) -> None: ...


class Projects(Protocol):
    """Declared projects: the database, and its copy on the host while the database is away."""

    def get(self, name: str) -> Project:
        """Raises UnknownProject, which names the closest existing names."""
        ...

    def all(self) -> Sequence[Project]: ...

    def create(
        self, name: str, *, team_id: str, type: str, environments: Sequence[EnvironmentName], settings: ProjectSettings
    ) -> Project:
        """Make the row and its port pairs in one transaction; raises ProjectExists, PortsExhausted, Unavailable."""
        ...

    def update_settings(self, name: str, settings: ProjectSettings) -> Project: ...

    def require_writable(self) -> None:
        """Raises Unavailable: asked before the first step of what must not stop half-way."""
        ...

    def delete(self, name: str) -> None: ...


class History(Protocol):
    """The full record in the database, projected from the journal."""

    def project(self, environment: Environment) -> bool:
        """Bring the journal's new events into the database; False while the database is away."""
        ...

    def deployments(self, project: str, environment: EnvironmentName | None, limit: int) -> Sequence[Deployment]: ...


@dataclass(frozen=True, slots=True)
class EnvVersion:
    """One stored version of an environment's variables; version 0 is "none stored"."""

    version: int
    variables: Mapping[str, str]


class EnvStore(Protocol):
    def current(self, environment: Environment) -> EnvVersion: ...

    def write(self, environment: Environment, variables: Mapping[str, str], by: str) -> EnvVersion:
        """Store a new version; raises Unavailable."""
        ...


class EnvFiles(Protocol):
    """The copy on the host that a deploy writes: ``env/{project}/.env.{environment}``, mode 0600."""

    def write(self, environment: Environment, env: EnvVersion) -> None: ...

    def remove(self, project: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Site:
    """What an environment's site file is rendered from."""

    environment: Environment
    hosts: tuple[str, ...]
    blue_host: str
    green_host: str
    blue_port: int
    green_port: int
    health_path: str
    health_status: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What a switch checked: who answered the probe before the rename and the plain request after it."""

    word: Word
    probe_slot: SlotName | None
    answered_slot: SlotName | None
    switched_at: datetime
    duration_ms: float
    warnings: tuple[str, ...] = ()


class Proxy(Protocol):
    def install(self, *sites: Site) -> bool:
        """Serve the sites; True when the configuration changed and was loaded.

        Raises SiteRefused, and then nothing has changed.
        """
        ...

    def remove(self, environment: Environment) -> None: ...

    def word(self, environment: Environment) -> Word | None: ...

    def route(self, site: Site, word: Word) -> Verified:
        """Probe, rename the pointer, verify; raises SwitchFailed with the old word back in place."""
        ...


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A container, from a fixed hardened profile plus validated settings. Spec section 3, step 8."""

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


@dataclass(frozen=True, slots=True)
class Ticket:
    """A slot's container on its way in, and the one that was set aside for it (by name), if there was one."""

    container: str
    deployment_id: str
    set_aside: str | None
    was_running: bool


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """What "ready" means for one container."""

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


class ContainerRuntime(Protocol):
    """Containers of slots. Nothing here ever touches the active slot's container by itself."""

    def pull(self, image: str) -> str:
        """Pull and return ``repository@sha256:...``; raises ImageUnavailable, Unavailable."""
        ...

    def clear(self, container: str, deployment_id: str) -> Ticket:
        """Stop the container and set it aside, so that its name and port are free and it can come back."""
        ...

    def start(self, ticket: Ticket, spec: ContainerSpec) -> None:
        """Create and start; raises StartFailed."""
        ...

    def wait_ready(self, spec: ContainerSpec, target: ProbeTarget) -> None:
        """Return as soon as the container is ready; raises Unhealthy with its last words."""
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

    def remove(self, container: str) -> None:
        """Stop and remove; returns when the port is free. No container is no error."""
        ...

    def remove_network(self, network: str) -> None: ...


class RollbackLog(Protocol):
    """One JSON line per rollback: ``logs/rollbacks/{project}-{environment}.jsonl``. Spec section 5."""

    def append(self, environment: Environment, entry: Mapping[str, object]) -> None: ...


class Probe(Protocol):
    def answers(self, port: int, target: ProbeTarget) -> str | None:
        """None when the published port answers as it should, else a sentence that says what it did instead."""
        ...
