"""What the use cases need of what is kept: locks, journal, slots, projects, history, variables."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from codeb.domain.deployment import Deployment
from codeb.domain.events import Event, EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.project import Project, ProjectSettings
from codeb.domain.slots import SlotPair

PlaceListener = Callable[[int, Mapping[str, object]], None]


def unheard(place: int, holder: Mapping[str, object]) -> None:
    """The listener of whoever does not mind waiting."""


class Clock(Protocol):
    def now(self) -> datetime: ...


class Locks(Protocol):
    """One holder per environment; the kernel frees a lock whose holder died. Design section 3."""

    def held(
        self,
        environment: Environment,
        what: str,
        by: str,
        *,
        wait: float | None = None,
        on_place: PlaceListener = unheard,
    ) -> AbstractContextManager[None]:
        """Hold the environment while the block runs; raises Locked with the holder after ``wait`` seconds in vain.

        ``on_place`` is told each new place in the queue, 1 being next, and who holds the environment meanwhile.
        """
        ...

    def holder(self, environment: Environment) -> Mapping[str, object]:
        """Who holds it: ``by``, ``what``, ``since``; empty when nobody does."""
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
        self,
        name: str,
        *,
        team_id: str,
        type: str,
        environments: Sequence[EnvironmentName],
        settings: ProjectSettings,
        at_most: int | None = None,
    ) -> Project:
        """Make the row and its port pairs in one transaction, in which the team has ``at_most`` so many projects.

        Raises ProjectExists, QuotaReached, PortsExhausted, Unavailable.
        """
        ...

    def update_settings(self, name: str, settings: ProjectSettings) -> Project: ...

    def reread(self, name: str) -> Project:
        """As the database has it now, after its domains changed there. Raises UnknownProject, Unavailable."""
        ...

    def require_writable(self) -> None:
        """Raises Unavailable: asked before the first step of what must not stop half-way."""
        ...

    def delete(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two different records of one environment's slots; ``kept`` says which of them stands."""

    environment: Environment
    found_at: datetime
    journal: Mapping[str, object]
    database: Mapping[str, object]
    kept: str


class History(Protocol):
    """The full record in the database, projected from the journal."""

    def project(self, environment: Environment) -> bool:
        """Bring the journal's new events into the database; False while the database is away."""
        ...

    def restore(self, environment: Environment) -> SlotPair | None:
        """The slots as the database has them, for a host whose journal is gone; None when it has none."""
        ...

    def deployments(self, project: str, environment: EnvironmentName | None, limit: int) -> Sequence[Deployment]:
        """Newest first; from the journal while the database is away."""
        ...

    def deployment(self, project: str, deployment_id: str) -> Deployment:
        """Raises UnknownDeployment; from the journal while the database is away."""
        ...

    def conflicts(self) -> Sequence[Conflict]:
        """What journal and database said differently of the same generation. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class EnvVersion:
    """One stored version of an environment's variables; version 0 is "none stored"."""

    version: int
    variables: Mapping[str, str]


class EnvStore(Protocol):
    def current(self, environment: Environment) -> EnvVersion: ...

    def version(self, environment: Environment, number: int) -> EnvVersion:
        """A stored version; raises UnknownEnvVersion, Unavailable."""
        ...

    def write(
        self, environment: Environment, variables: Mapping[str, str], by: str, *, after: int | None = None
    ) -> EnvVersion:
        """Store a new version; raises EnvChanged where ``after`` is given and not the newest one, Unavailable."""
        ...


class EnvFiles(Protocol):
    """The copy on the host that a deploy writes: ``env/{project}/.env.{environment}``, mode 0600."""

    def write(self, environment: Environment, env: EnvVersion) -> None: ...

    def remove(self, project: str) -> None: ...


class RollbackLog(Protocol):
    """One JSON line per rollback: ``logs/rollbacks/{project}-{environment}.jsonl``. Spec section 5."""

    def append(self, environment: Environment, entry: Mapping[str, object]) -> None: ...


class Cancellations(Protocol):
    """Requests to end a deploy, readable by every process of the host."""

    def request(self, deployment_id: str) -> None: ...

    def requested(self, deployment_id: str) -> bool: ...

    def forget(self, deployment_id: str) -> None: ...


class Dumps(Protocol):
    """Dumps of a project's own database, taken before a migration."""

    def take(self, environment: Environment, deployment_id: str, url: str) -> str:
        """Dump the database at ``url`` and return the file's path; raises DumpFailed."""
        ...

    def keep(self, environment: Environment, label: str, url: str) -> str:
        """As ``take``, into a place that outlives the project."""
        ...

    def remove(self, project: str) -> None: ...


class Announcements(Protocol):
    """Events for a team's webhook. Never blocks, never fails a release: delivery is somebody else's."""

    def announce(self, url: str, event: Mapping[str, object]) -> None: ...


class HostCheck(Protocol):
    def problem(self) -> str | None:
        """A sentence that says what is wrong with the host and what to do, or None."""
        ...


class Leftovers(Protocol):
    def sweep(self) -> None:
        """Remove files that a process was writing when it died; they may hold variables."""
        ...
