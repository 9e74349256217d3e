"""Look at every environment, at start and on request, and finish, undo or report what is not as it should be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from codeb.domain.events import EventKind
from codeb.domain.names import Environment
from codeb.domain.project import Project, UnknownProject
from codeb.domain.records import pair_record
from codeb.domain.slots import SlotPair
from codeb.errors import CodebError
from codeb.services.delete_project import DeleteProject
from codeb.services.errors import Locked
from codeb.services.mend import BY, Mend
from codeb.services.protocols import ContainerRuntime, History, Journal, Leftovers, Locks, Projects, SlotStore
from codeb.services.reconcile import Reconcile
from codeb.services.repairs import Finding, Repair, carried_out

_UNDECLARED = (
    "the database does not know this project, but it has slots here; nothing was touched:"
    " bring the database's row back, or make the project anew under another name"
)


@dataclass(frozen=True, slots=True)
class Recover:
    projects: Projects
    slots: SlotStore
    locks: Locks
    journal: Journal
    history: History
    runtime: ContainerRuntime
    mend: Mend
    reconcile: Reconcile
    delete: DeleteProject
    leftovers: Leftovers

    def __call__(self, *, dry_run: bool = False, containers: bool = True) -> Sequence[Finding]:
        """What was found. An environment that somebody works on right now is left to them.

        Without ``containers`` only what is quick: a server answers before it has looked at every container.
        """
        findings: list[Finding] = list(carried_out(self._deletions(), dry_run=dry_run))
        for environment in self._environments():
            try:
                with self.locks.held(environment, "recovery", BY, wait=0):
                    findings += carried_out(self._repairs(environment, containers=containers), dry_run=dry_run)
                    if not dry_run and self.journal.events(environment):
                        self._project(environment)
            except Locked:
                continue
            except CodebError as error:
                findings.append(Finding(environment, str(error), mended=False))
        if not dry_run:
            self.leftovers.sweep()
        if containers:
            findings += carried_out(self._strangers(), dry_run=dry_run)
        return findings

    def _project(self, environment: Environment) -> None:
        """Slot file and database follow the journal."""
        self.slots.save(self.slots.get(environment))
        self.history.project(environment)

    def _environments(self) -> Sequence[Environment]:
        """Those that the journals know, and those that are only declared."""
        deleting = self.delete.begun()
        known = [each for each in self.journal.environments() if each.project not in deleting]
        declared = [project.environment(name) for project in self.projects.all() for name in project.ports]
        return [*known, *(each for each in declared if each not in known and each.project not in deleting)]

    def _repairs(self, environment: Environment, *, containers: bool) -> Iterator[Repair]:
        try:
            project = self.projects.get(environment.project)
        except UnknownProject:
            if self.journal.events(environment):
                yield Repair(environment, _UNDECLARED)
            return
        if not self.journal.events(environment):
            yield self._without_journal(project, environment)
        if not self.journal.events(environment):
            return
        yield from self.mend.repairs(environment)
        yield from self.reconcile.repairs(project, environment, containers=containers)

    def _deletions(self) -> Iterator[Repair]:
        for name in self.delete.begun():
            what = "its deletion was begun and not ended; it is finished"
            yield Repair(Environment(name), what, partial(self.delete.resume, name))

    def _without_journal(self, project: Project, environment: Environment) -> Repair:
        pair = self.history.restore(environment) or SlotPair.fresh(environment, project.ports[environment.name])
        return Repair(
            environment,
            "it has no journal on this host; it begins with what the database has",
            lambda: self._seed(pair),
        )

    def _seed(self, pair: SlotPair) -> None:
        self.journal.append(
            pair.environment,
            EventKind.SLOTS,
            generation=pair.generation,
            by=BY,
            why="restored from the database",
            data={"slots": pair_record(pair)},
        )
        self.slots.save(pair)

    def _strangers(self) -> Iterator[Repair]:
        """Containers with our labels that belong to no environment here."""
        known = {(each.project, str(each.name)) for each in self.journal.environments()}
        for held in self.runtime.held():
            if (held.project, held.environment) not in known:
                yield Repair(
                    None,
                    f"container {held.name} belongs to {held.project}, which is not here; remove it if nobody needs it",
                )
