"""Finish or undo what a crash left, at start and on request. Design section 2."""

from collections.abc import Sequence
from dataclasses import dataclass

from codeb.domain.deployment import Deployment
from codeb.domain.events import Event, EventKind
from codeb.domain.names import Environment
from codeb.domain.records import deployment_from, deployment_record, pair_from
from codeb.domain.routing import Word, word_for
from codeb.domain.slots import SlotPair
from codeb.errors import CodebError
from codeb.services.errors import Locked, UnknownEnvironment
from codeb.services.protocols import Clock, ContainerRuntime, History, Journal, Locks, Projects, Proxy, SlotStore
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges, Switch, Transition

_BY = "recovery"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was not as it should be, and what was done about it."""

    environment: Environment
    what: str
    mended: bool


@dataclass(frozen=True, slots=True)
class Recover:
    projects: Projects
    slots: SlotStore
    locks: Locks
    journal: Journal
    history: History
    runtime: ContainerRuntime
    proxy: Proxy
    changes: SlotChanges
    addresses: Addresses
    clock: Clock

    def __call__(self) -> Sequence[Finding]:
        """Look at every environment that nobody works on right now."""
        findings: list[Finding] = []
        for environment in self.journal.environments():
            try:
                with self.locks.held(environment, "recovery", _BY, wait=0):
                    findings += self._environment(environment)
            except Locked:
                continue
            except CodebError as error:
                findings.append(Finding(environment, str(error), mended=False))
        return findings

    def _environment(self, environment: Environment) -> Sequence[Finding]:
        events = self.journal.events(environment)
        found = [*self._switch(environment, events), *self._deployments(environment, events)]
        found += self._pointer(environment)
        self.history.project(environment)
        return found

    def _switch(self, environment: Environment, events: Sequence[Event]) -> Sequence[Finding]:
        """An intent without an end: finished if the pointer says so already and its probe passes, else undone."""
        intent = _open_intent(events)
        if intent is None:
            return ()
        before, after = (pair_from(_record(intent, key)) for key in ("before", "slots"))
        if self.proxy.word(environment) != Word(str(intent.data["word"])):
            self._append(environment, EventKind.UNDONE, before, "the pointer had not moved")
            return (Finding(environment, "a switch that had not moved traffic was undone", mended=True),)
        site = self.addresses.site(self.projects.get(environment.project), after)
        transition: Transition = "rollback" if intent.data["transition"] == "rollback" else "promote"
        self.changes.switch(Switch(transition, before, after, intent.by, intent.why), site)
        return (Finding(environment, "a switch that had moved traffic was finished", mended=True),)

    def _deployments(self, environment: Environment, events: Sequence[Event]) -> Sequence[Finding]:
        return [self._close(environment, deployment) for deployment in _open_deployments(events)]

    def _close(self, environment: Environment, deployment: Deployment) -> Finding:
        pair = self.slots.get(environment)
        held = deployment.slot and pair.slot(deployment.slot).release
        if deployment.slot is not None:
            ticket = self.runtime.left_behind(environment.container(deployment.slot), deployment.id)
            if held and held.deployment_id == deployment.id:
                self.runtime.commit(ticket)
            else:
                self.runtime.undo(ticket)
        failed = deployment.failed("the process that ran this deploy ended in the middle of it", self.clock.now())
        self.journal.append(
            environment,
            EventKind.DEPLOYMENT,
            generation=pair.generation,
            by=_BY,
            why="left open by a crash",
            data={"deployment": deployment_record(failed)},
        )
        return Finding(environment, f"deployment {deployment.id} was left open and is closed as failed", mended=True)

    def _pointer(self, environment: Environment) -> Sequence[Finding]:
        """The word follows the state, never the other way round."""
        try:
            pair = self.slots.get(environment)
        except UnknownEnvironment:
            return ()
        word = self.proxy.word(environment)
        if word in (word_for(pair), word_for(pair, fallback=True)):
            return ()
        site = self.addresses.site(self.projects.get(environment.project), pair)
        self.proxy.install(site)
        self.proxy.route(site, word_for(pair))
        return (Finding(environment, f"the pointer said {word}, now it says {word_for(pair)}", mended=True),)

    def _append(self, environment: Environment, kind: EventKind, pair: SlotPair, why: str) -> None:
        self.journal.append(environment, kind, generation=pair.generation, by=_BY, why=why, data={})


def _open_intent(events: Sequence[Event]) -> Event | None:
    for event in reversed(events):
        if event.kind in (EventKind.SWITCHED, EventKind.UNDONE):
            return None
        if event.kind is EventKind.INTENT:
            return event
    return None


def _open_deployments(events: Sequence[Event]) -> Sequence[Deployment]:
    latest: dict[str, Deployment] = {}
    for event in events:
        if event.kind is EventKind.DEPLOYMENT:
            deployment = deployment_from(_record(event, "deployment"))
            latest[deployment.id] = deployment
    return [deployment for deployment in latest.values() if deployment.open]


def _record(event: Event, key: str) -> dict[str, object]:
    record = event.data[key]
    if not isinstance(record, dict):
        raise CodebError(f"journal event {event.id} has no {key}")
    return record
