"""Make a project whole in one call, and undo all of it when a part fails. Spec section 6, workflow_init."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from codeb.domain.events import EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.project import Project, ProjectSettings
from codeb.domain.records import pair_record
from codeb.domain.slots import SlotPair
from codeb.services.actor import Actor
from codeb.services.backing import GiveBackings, Given, Kind
from codeb.services.delete_project import DeleteProject
from codeb.services.errors import BeingDeleted
from codeb.services.protocols import Journal, Locks, Projects, Proxy, SlotStore
from codeb.services.quotas import TeamQuotas
from codeb.services.sites import Addresses


@dataclass(frozen=True, slots=True)
class InitProject:
    projects: Projects
    slots: SlotStore
    locks: Locks
    journal: Journal
    proxy: Proxy
    addresses: Addresses
    delete: DeleteProject
    give: GiveBackings
    quotas: TeamQuotas

    def __call__(
        self,
        name: str,
        actor: Actor,
        *,
        type: str = "nextjs",
        settings: ProjectSettings | None = None,
        backings: Sequence[Kind] = (),
    ) -> Project:
        """Row, ports, slots, a site that answers "not deployed yet", and for each environment the wanted backings.

        Raises ProjectExists, QuotaReached, PortsExhausted, SiteRefused, NotProvided, Unavailable.
        """
        self.give.require(backings)
        project = self.projects.create(
            name,
            team_id=actor.team_id,
            type=type,
            environments=tuple(EnvironmentName),
            settings=settings or ProjectSettings(),
            at_most=self.quotas.of(actor.team_id).projects,
        )
        environments = [project.environment(env) for env in sorted(project.ports)]
        with ExitStack() as held:
            for environment in environments:
                held.enter_context(self.locks.held(environment, "making", actor.name))
            self._fill(project, actor, backings)
        return project

    def complete(self, project: Project, actor: Actor, backings: Sequence[Kind]) -> Given:
        """Give a project that is there what it lacks.

        Whoever makes it right now is waited for. Raises UnknownProject, BeingDeleted, Locked, Unavailable.
        """
        environments = [project.environment(env) for env in sorted(project.ports)]
        with ExitStack() as held:
            for environment in environments:
                held.enter_context(self.locks.held(environment, "completing", actor.name))
            self.projects.get(project.name)
            if project.name in self.delete.begun():
                raise BeingDeleted(environments[0])
            return self.give(environments, backings, actor)

    def _fill(self, project: Project, actor: Actor, backings: Sequence[Kind]) -> None:
        try:
            pairs = [SlotPair.fresh(project.environment(env), ports) for env, ports in project.ports.items()]
            for pair in pairs:
                self._record(pair, actor)
            self.proxy.install(*(self.addresses.site(project, pair) for pair in pairs))
            self.give([pair.environment for pair in pairs], backings, actor)
        except BaseException:
            self.delete.undo_init(project, actor)
            raise

    def _record(self, pair: SlotPair, actor: Actor) -> None:
        data: Mapping[str, object] = {"slots": pair_record(pair)}
        environment: Environment = pair.environment
        self.journal.append(
            environment, EventKind.SLOTS, generation=pair.generation, by=actor.name, why="project made", data=data
        )
        self.slots.save(pair)
