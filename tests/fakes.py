"""Real little implementations of the protocols, in memory. They serve unit tests, never a claim."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from codeb.domain.deployment import Deployment
from codeb.domain.events import SETTLING, Event, EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.ports import lowest_free
from codeb.domain.project import Project, ProjectExists, ProjectSettings, UnknownProject
from codeb.domain.records import deployment_from, pair_from
from codeb.domain.routing import Word
from codeb.domain.slots import SlotPair
from codeb.errors import CodebError, Unavailable
from codeb.services.errors import Locked, UnknownEnvironment
from codeb.services.protocols import ContainerSpec, EnvVersion, Observed, ProbeTarget, Site, Ticket, Verified

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
    holders: dict[Environment, dict[str, object]] = field(default_factory=dict)

    @contextmanager
    def held(self, environment: Environment, what: str, by: str, *, wait: float | None = None) -> Iterator[None]:
        if environment in self.holders:
            raise Locked(environment, self.holders[environment])
        self.holders[environment] = {"by": by, "what": what, "since": "now", "wait": wait}
        try:
            yield
        finally:
            del self.holders[environment]


@dataclass
class FakeJournal:
    clock: FakeClock
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
        if self.fails:
            raise self.fails
        events = self.lines.setdefault(environment, [])
        event = Event(f"evt_{len(events)}", kind, self.clock.now(), generation, by, why, dict(data))
        events.append(event)
        return event

    def events(self, environment: Environment) -> Sequence[Event]:
        return tuple(self.lines.get(environment, ()))

    def environments(self) -> Sequence[Environment]:
        return tuple(self.lines)

    def remove(self, environment: Environment) -> None:
        self.lines.pop(environment, None)

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
        self.files[pair.environment] = pair

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
        self, name: str, *, team_id: str, type: str, environments: Sequence[EnvironmentName], settings: ProjectSettings
    ) -> Project:
        if name in self.known:
            raise ProjectExists(name)
        taken = {pair.blue for project in self.known.values() for pair in project.ports.values()}
        ports = {environment: lowest_free(environment, taken) for environment in environments}
        self.known[name] = Project(name, team_id, type, settings, ports, {}, self.clock.now())
        return self.known[name]

    def update_settings(self, name: str, settings: ProjectSettings) -> Project:
        self.known[name] = replace(self.get(name), settings=settings)
        return self.known[name]

    def require_writable(self) -> None:
        if self.away:
            raise Unavailable("the database", "connection refused")

    def delete(self, name: str) -> None:
        del self.known[name]


@dataclass
class FakeHistory:
    journal: FakeJournal
    away: bool = False

    def project(self, environment: Environment) -> bool:
        return not self.away

    def deployments(self, project: str, environment: EnvironmentName | None, limit: int) -> Sequence[Deployment]:
        latest: dict[str, Deployment] = {}
        for events in self.journal.lines.values():
            for event in events:
                record = event.data.get("deployment")
                if event.kind is EventKind.DEPLOYMENT and isinstance(record, dict):
                    deployment = deployment_from(record)
                    latest[deployment.id] = deployment
        found = [each for each in latest.values() if each.environment.project == project]
        return [each for each in reversed(found) if environment in (None, each.environment.name)][:limit]


@dataclass
class FakeEnvs:
    versions: dict[Environment, EnvVersion] = field(default_factory=dict)

    def current(self, environment: Environment) -> EnvVersion:
        return self.versions.get(environment, EnvVersion(0, {}))

    def write(self, environment: Environment, variables: Mapping[str, str], by: str) -> EnvVersion:
        version = EnvVersion(self.current(environment).version + 1, dict(variables))
        self.versions[environment] = version
        return version


@dataclass
class FakeEnvFiles:
    files: dict[Environment, EnvVersion] = field(default_factory=dict)

    def write(self, environment: Environment, env: EnvVersion) -> None:
        self.files[environment] = env

    def remove(self, project: str) -> None:
        self.files = {env: version for env, version in self.files.items() if env.project != project}


@dataclass
class FakeProxy:
    clock: FakeClock
    words: dict[Environment, Word] = field(default_factory=dict)
    sites: dict[Environment, Site] = field(default_factory=dict)
    refuses: CodebError | None = None
    dies_after_rename: bool = False

    def install(self, *sites: Site) -> bool:
        if self.refuses:
            raise self.refuses
        changed = any(self.sites.get(site.environment) != site for site in sites)
        for site in sites:
            self.sites[site.environment] = site
            self.words.setdefault(site.environment, Word.EMPTY)
        return changed

    def remove(self, environment: Environment) -> None:
        self.sites.pop(environment, None)
        self.words.pop(environment, None)

    def word(self, environment: Environment) -> Word | None:
        return self.words.get(environment)

    def route(self, site: Site, word: Word) -> Verified:
        if self.refuses:
            raise self.refuses
        self.words[site.environment] = word
        if self.dies_after_rename:
            raise KeyboardInterrupt
        return Verified(word, word.serving, word.serving, self.clock.now(), 1.0)


@dataclass
class FakeRuntime:
    """Containers by name, each the deployment it runs; ``sick`` deployments never become healthy."""

    running: dict[str, str] = field(default_factory=dict)
    specs: dict[str, ContainerSpec] = field(default_factory=dict)
    fails: CodebError | None = None

    def pull(self, image: str) -> str:
        repository = image.partition("@")[0].rsplit(":", 1)[0]
        return f"{repository}@sha256:{image.encode().hex():0>64.64}"

    def clear(self, container: str, deployment_id: str) -> Ticket:
        aside = f"{container}.aside-{deployment_id}"
        if container not in self.running:
            return Ticket(container, deployment_id, None, was_running=False)
        self.running[aside] = self.running.pop(container)
        return Ticket(container, deployment_id, aside, was_running=True)

    def start(self, ticket: Ticket, spec: ContainerSpec) -> None:
        self.running[ticket.container] = ticket.deployment_id
        self.specs[ticket.container] = spec

    def wait_ready(self, spec: ContainerSpec, target: ProbeTarget) -> None:
        if self.fails:
            raise self.fails

    def commit(self, ticket: Ticket) -> None:
        self.running.pop(ticket.set_aside or "", None)

    def undo(self, ticket: Ticket) -> None:
        if self.running.get(ticket.container) == ticket.deployment_id:
            del self.running[ticket.container]
        if ticket.set_aside in self.running:
            self.running[ticket.container] = self.running.pop(ticket.set_aside or "")

    def left_behind(self, container: str, deployment_id: str) -> Ticket:
        aside = f"{container}.aside-{deployment_id}"
        found = aside in self.running
        return Ticket(container, deployment_id, aside if found else None, was_running=found)

    def observe(self, container: str) -> Observed:
        held = self.running.get(container)
        return Observed(running=held is not None, deployment_id=held)

    def remove(self, container: str) -> None:
        self.running.pop(container, None)

    def remove_network(self, network: str) -> None:
        self.specs = {name: spec for name, spec in self.specs.items() if spec.network != network}


@dataclass
class FakeProbe:
    sick: set[int] = field(default_factory=set)

    def answers(self, port: int, target: ProbeTarget) -> str | None:
        return f"GET {target.path} on port {port} answered 500" if port in self.sick else None


@dataclass
class FakeRollbackLog:
    entries: list[Mapping[str, object]] = field(default_factory=list)

    def append(self, environment: Environment, entry: Mapping[str, object]) -> None:
        self.entries.append(entry)
