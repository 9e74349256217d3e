"""What is kept: the clock, locks, journal, slots, projects, history and variables."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from codeb.adapters.journal.deployments import deployments
from codeb.domain.deployment import Deployment
from codeb.domain.events import SETTLING, Event, EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.ports import lowest_free
from codeb.domain.project import Project, ProjectExists, ProjectSettings, UnknownProject
from codeb.domain.quotas import require_project
from codeb.domain.records import pair_from
from codeb.domain.slots import SlotPair
from codeb.errors import CodebError, Unavailable
from codeb.services.errors import Locked, UnknownDeployment, UnknownEnvironment
from codeb.services.protocols import Conflict, PlaceListener, unheard
from tests.fakes.faults import Faults

REGISTRY = "registry.test:5000"


@dataclass
class FakeClock:
    time: datetime = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def pass_by(self, time: timedelta) -> None:
        self.time += time


@dataclass
class FakeLocks:
    """``queue`` is how many wait before whoever asks next, as its listener is told."""

    holders: dict[Environment, dict[str, object]] = field(default_factory=dict)
    queue: int = 0

    @contextmanager
    def held(
        self,
        environment: Environment,
        what: str,
        by: str,
        *,
        wait: float | None = None,
        on_place: PlaceListener = unheard,
    ) -> Iterator[None]:
        if environment in self.holders:
            raise Locked(environment, self.holders[environment])
        for place in range(self.queue, 0, -1):
            on_place(place, {"by": "ann"})
        self.holders[environment] = {"by": by, "what": what, "since": "now", "wait": wait}
        try:
            yield
        finally:
            del self.holders[environment]

    def holder(self, environment: Environment) -> Mapping[str, object]:
        return self.holders.get(environment, {})


@dataclass
class FakeJournal:
    clock: FakeClock
    faults: Faults = field(default_factory=Faults)
    lines: dict[Environment, list[Event]] = field(default_factory=dict)
    fails: CodebError | None = None

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
        self.faults.tick()
        if self.fails:
            raise self.fails
        events = self.lines.setdefault(environment, [])
        event = Event(f"evt_{len(events)}", kind, self.clock.now(), generation, by, why, dict(data))
        events.append(event)
        self.faults.tick()
        return event

    def events(self, environment: Environment) -> Sequence[Event]:
        return tuple(self.lines.get(environment, ()))

    def environments(self) -> Sequence[Environment]:
        return tuple(self.lines)

    def remove(self, environment: Environment) -> None:
        self.faults.tick()
        self.lines.pop(environment, None)
        self.faults.tick()

    def kinds(self, environment: Environment) -> list[EventKind]:
        return [event.kind for event in self.events(environment)]


@dataclass
class FakeSlots:
    """Reads the journal, as the real one does."""

    journal: FakeJournal
    files: dict[Environment, SlotPair] = field(default_factory=dict)

    def get(self, environment: Environment) -> SlotPair:
        for event in reversed(self.journal.events(environment)):
            record = event.data.get("slots")
            if event.kind in SETTLING and isinstance(record, dict):
                return pair_from(record)
        raise UnknownEnvironment(environment)

    def save(self, pair: SlotPair) -> None:
        self.journal.faults.tick()
        self.files[pair.environment] = pair
        self.journal.faults.tick()

    def all(self) -> Sequence[SlotPair]:
        return [self.get(environment) for environment in self.journal.environments()]

    def remove(self, environment: Environment) -> None:
        self.files.pop(environment, None)


@dataclass
class FakeProjects:
    clock: FakeClock
    known: dict[str, Project] = field(default_factory=dict)
    away: bool = False

    def get(self, name: str) -> Project:
        if name not in self.known:
            raise UnknownProject(name)
        return self.known[name]

    def all(self) -> Sequence[Project]:
        return list(self.known.values())

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
        if name in self.known:
            raise ProjectExists(name)
        require_project(team_id, at_most, sum(each.team_id == team_id for each in self.known.values()))
        taken = {pair.blue for project in self.known.values() for pair in project.ports.values()}
        ports = {environment: lowest_free(environment, taken) for environment in environments}
        self.known[name] = Project(name, team_id, type, settings, ports, {}, self.clock.now())
        return self.known[name]

    def update_settings(self, name: str, settings: ProjectSettings) -> Project:
        self.known[name] = replace(self.get(name), settings=settings)
        return self.known[name]

    def reread(self, name: str) -> Project:
        self.require_writable()
        return self.get(name)

    def require_writable(self) -> None:
        if self.away:
            raise Unavailable("the database", "connection refused")

    def delete(self, name: str) -> None:
        self.known.pop(name, None)


@dataclass
class FakeHistory:
    """The database as the journal's projection: what is asked of it is worked out from the events."""

    journal: FakeJournal
    away: bool = False
    rows: dict[Environment, SlotPair] = field(default_factory=dict)
    conflicting: list[Conflict] = field(default_factory=list)

    def project(self, environment: Environment) -> bool:
        return not self.away

    def restore(self, environment: Environment) -> SlotPair | None:
        return self.rows.get(environment)

    def deployments(self, project: str, environment: EnvironmentName | None, limit: int) -> Sequence[Deployment]:
        found = [each for events in self.journal.lines.values() for each in deployments(events)]
        ours = [each for each in found if each.environment.project == project]
        return [each for each in reversed(ours) if environment in (None, each.environment.name)][:limit]

    def deployment(self, project: str, deployment_id: str) -> Deployment:
        for each in self.deployments(project, None, 1000):
            if each.id == deployment_id:
                return each
        raise UnknownDeployment(project, deployment_id)

    def conflicts(self) -> Sequence[Conflict]:
        return self.conflicting


@dataclass
class FakeRollbackLog:
    entries: list[Mapping[str, object]] = field(default_factory=list)

    def append(self, environment: Environment, entry: Mapping[str, object]) -> None:
        self.entries.append(entry)


@dataclass
class FakeCancellations:
    asked: set[str] = field(default_factory=set)
    everything: bool = False

    def request(self, deployment_id: str) -> None:
        self.asked.add(deployment_id)

    def requested(self, deployment_id: str) -> bool:
        return self.everything or deployment_id in self.asked

    def forget(self, deployment_id: str) -> None:
        self.asked.discard(deployment_id)


@dataclass
class FakeDumps:
    taken: dict[str, str] = field(default_factory=dict)
    fails: CodebError | None = None

    def take(self, environment: Environment, deployment_id: str, url: str) -> str:
        if self.fails:
            raise self.fails
        self.taken[deployment_id] = url
        return f"/dumps/{environment.key}/{deployment_id}.dump"

    def keep(self, environment: Environment, label: str, url: str) -> str:
        return self.take(environment, f"deleted/{label}", url)

    def remove(self, project: str) -> None: ...


@dataclass
class FakeAnnouncements:
    sent: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def announce(self, url: str, event: Mapping[str, object]) -> None:
        self.sent.append((url, event))


@dataclass
class FakeHostCheck:
    says: str | None = None

    def problem(self) -> str | None:
        return self.says


@dataclass
class FakeLeftovers:
    swept: int = 0

    def sweep(self) -> None:
        self.swept += 1
