"""Finish or undo what the journal of one environment says was begun and not ended. Design section 2."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from codeb.domain.deployment import OPEN, Deployment, DeploymentStatus
from codeb.domain.events import Event, EventKind
from codeb.domain.names import Environment
from codeb.domain.records import deployment_from, pair_from
from codeb.domain.routing import Word, word_for
from codeb.errors import CodebError
from codeb.services.container import migration_container
from codeb.services.deployment_log import DeploymentLog
from codeb.services.errors import SwitchFailed
from codeb.services.protocols import Clock, ContainerRuntime, Journal, Projects, Proxy, SlotStore
from codeb.services.repairs import Finding, Repair, carried_out
from codeb.services.sites import Addresses
from codeb.services.slot_changes import SlotChanges, Switch, Transition

BY = "recovery"


@dataclass(frozen=True, slots=True)
class Mend:
    """Called by whoever holds the environment's lock: nobody else is at work on it, so what is open was left open."""

    projects: Projects
    slots: SlotStore
    journal: Journal
    log: DeploymentLog
    runtime: ContainerRuntime
    proxy: Proxy
    changes: SlotChanges
    addresses: Addresses
    clock: Clock

    def __call__(self, environment: Environment) -> Sequence[Finding]:
        return carried_out(self.repairs(environment))

    def repairs(self, environment: Environment) -> Iterator[Repair]:
        events = self.journal.events(environment)
        if (intent := _open_intent(events)) is not None:
            yield self._switch(environment, intent)
        elif (switched := _unsettled(events)) is not None:
            yield Repair(
                environment,
                "a switch that had happened was not settled; it is",
                lambda: self.changes.settle(*self._moved(events, switched)),
            )
        for deployment in _open_deployments(events):
            yield self._deployment(environment, deployment)
        if _migration_cut_short(events) and self.runtime.observe(migration_container(environment)).deployment_id:
            yield Repair(
                environment,
                "a migration was cut short; its container goes, the database is for a person to look at",
                lambda: self.runtime.remove(migration_container(environment)),
            )

    def due(self, environment: Environment) -> bool:
        """Something was begun and not ended, by the journal alone."""
        events = self.journal.events(environment)
        unfinished = _open_intent(events) or _unsettled(events)
        return unfinished is not None or bool(_open_deployments(events))

    def _switch(self, environment: Environment, intent: Event) -> Repair:
        """Finished if the pointer says so already and its probe passes, else undone."""
        if self.proxy.word(environment) != Word(str(intent.data["word"])):
            before = pair_from(_record(intent, "before"))
            return Repair(
                environment,
                "a switch that had not moved traffic was left open; it is undone",
                lambda: self.changes.undone(before, BY, "the pointer had not moved"),
            )
        return Repair(
            environment,
            "a switch that had moved traffic was left open; it is finished, or undone if its slot does not answer",
            lambda: self._finish(environment, intent),
        )

    def _finish(self, environment: Environment, intent: Event) -> None:
        before, after = (pair_from(_record(intent, key)) for key in ("before", "slots"))
        site = self.addresses.site(self.projects.get(environment.project), after)
        move = Switch(_transition(intent), before, after, intent.by, intent.why, str(intent.data.get("team", "")))
        try:
            self.changes.switch(move, site)
        except SwitchFailed:
            self.proxy.route(site, word_for(before))

    def _moved(self, events: Sequence[Event], switched: Event) -> tuple[Switch, datetime]:
        """What the switch was, by its intent, and when it happened."""
        intent = next(event for event in reversed(events) if event.kind is EventKind.INTENT)
        before, after = (pair_from(_record(intent, key)) for key in ("before", "slots"))
        team = str(intent.data.get("team", ""))
        return Switch(_transition(intent), before, after, intent.by, intent.why, team), switched.at

    def _deployment(self, environment: Environment, deployment: Deployment) -> Repair:
        return Repair(
            environment,
            f"deployment {deployment.id} was left open; it is closed and its slot is as it was before",
            lambda: self._close(environment, deployment),
        )

    def _close(self, environment: Environment, deployment: Deployment) -> None:
        pair = self.slots.get(environment)
        held = deployment.slot and pair.slot(deployment.slot).release
        stands = bool(held and held.deployment_id == deployment.id)
        if deployment.slot is not None:
            ticket = self.runtime.left_behind(environment.container(deployment.slot), deployment.id)
            (self.runtime.commit if stands else self.runtime.undo)(ticket)
        now = self.clock.now()
        closed = (
            replace(deployment, status=DeploymentStatus.SUCCESS, completed_at=now)
            if stands
            else deployment.failed("the process that ran this deploy ended in the middle of it", now)
        )
        self.log.record(closed, pair, by=BY, why="left open by a process that ended")


def _transition(intent: Event) -> Transition:
    known: tuple[Transition, ...] = ("promote", "rollback", "maintenance")
    return next(each for each in known if each == intent.data["transition"])


def _open_intent(events: Sequence[Event]) -> Event | None:
    for event in reversed(events):
        if event.kind in (EventKind.SWITCHED, EventKind.UNDONE):
            return None
        if event.kind is EventKind.INTENT:
            return event
    return None


def _unsettled(events: Sequence[Event]) -> Event | None:
    """A switch that happened and whose process died before it was done."""
    for event in reversed(events):
        if event.kind in (EventKind.DONE, EventKind.UNDONE, EventKind.INTENT):
            return None
        if event.kind is EventKind.SWITCHED:
            return event
    return None


def _migration_cut_short(events: Sequence[Event]) -> bool:
    for event in reversed(events):
        if event.kind is EventKind.MIGRATED:
            migration = event.data["migration"]
            return isinstance(migration, dict) and migration.get("state") == "begun"
    return False


def _open_deployments(events: Sequence[Event]) -> Sequence[Deployment]:
    """Of every deployment the newest record says whether it is open; only those that are become deployments."""
    newest: dict[str, dict[str, object]] = {}
    for event in events:
        if event.kind is EventKind.DEPLOYMENT:
            record = _record(event, "deployment")
            newest[str(record["id"])] = record
    return [deployment_from(record) for record in newest.values() if record["status"] in OPEN]


def _record(event: Event, key: str) -> dict[str, object]:
    record = event.data[key]
    if not isinstance(record, dict):
        raise CodebError(f"journal event {event.id} has no {key}")
    return record
