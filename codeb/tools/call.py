"""What a tool is called with: the use cases, whose request it is, and which projects exist for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from codeb.bootstrap import Services
from codeb.domain.access import AuthContext
from codeb.domain.deployment import StepListener
from codeb.domain.names import Environment
from codeb.domain.project import Project, UnknownProject
from codeb.domain.slots import SlotPair
from codeb.services.actor import Actor
from codeb.services.protocols import PlaceListener, unheard
from codeb.services.slot_changes import Receipt
from codeb.services.steps import ignore
from codeb.tools.params import EnvironmentParams


class Observer(Protocol):
    """Who counts releases."""

    def deployed(self, environment: Environment, status: str, seconds: float) -> None: ...

    def switched(self, environment: Environment, receipt: Receipt) -> None: ...


class Uncounted:
    """The observer of a door that keeps no metrics."""

    def deployed(self, environment: Environment, status: str, seconds: float) -> None: ...

    def switched(self, environment: Environment, receipt: Receipt) -> None: ...


@dataclass(frozen=True, slots=True)
class Call:
    services: Services
    auth: AuthContext
    actor: Actor
    on_step: StepListener = ignore
    on_place: PlaceListener = unheard
    observer: Observer = field(default_factory=Uncounted)
    owners: dict[str, str] = field(default_factory=dict)
    """The team of each project that was found for this key, for whoever tells of the call."""

    def project(self, name: str) -> Project:
        """The project, if it exists for this key. Raises UnknownProject, which names the key's own only; Forbidden."""
        return self._found(name, self.services.projects.get)

    def shown(self, name: str) -> Project:
        """The same for a tool that only shows, from memory where that is current."""
        return self._found(name, self.services.status.project)

    def at_hand(self, name: str) -> Project | None:
        """The same from memory alone, without waiting; None where it is not there. Raises UnknownProject, Forbidden."""
        project = self.services.status.memory.project(name)
        return None if project is None else self._own(project)

    def environment(self, params: EnvironmentParams) -> Environment:
        """The environment that ``params`` name, of a project that exists for this key."""
        return self.within(self.project(params.project_name), params)

    def place(self, params: EnvironmentParams) -> tuple[Environment, str]:
        """Where a call is at work, and the team whose that is."""
        project = self.shown(params.project_name)
        return self.within(project, params), project.team_id

    def within(self, project: Project, params: EnvironmentParams) -> Environment:
        """The environment of ``project`` that is named, or its team's default. Raises Unavailable."""
        named = "environment" in params.model_fields_set
        return project.environment(params.environment if named else self.services.rules.default_environment(project))

    def projects(self) -> Sequence[Project]:
        return self._visible(self.services.projects.all())

    def shown_projects(self) -> Sequence[Project]:
        """The same for a tool that only shows, from memory where that is current."""
        return self._visible(self.services.status.all_projects())

    def pairs(self) -> Sequence[SlotPair]:
        """The slots of every environment that this key may see."""
        names = {project.name for project in self.projects()}
        return [pair for pair in self.services.status.all() if pair.environment.project in names]

    def _found(self, name: str, find: Callable[[str], Project]) -> Project:
        try:
            project = find(name)
        except UnknownProject as error:
            visible = {each.name for each in self.projects()} if error.closest else ()
            raise UnknownProject(name, tuple(each for each in error.closest if each in visible)) from None
        return self._own(project)

    def _own(self, project: Project) -> Project:
        if not self.auth.sees(project):
            raise UnknownProject(project.name)
        self.owners[project.name] = project.team_id
        self.auth.require_project(project.name)
        return project

    def _visible(self, projects: Sequence[Project]) -> Sequence[Project]:
        return [each for each in projects if self.auth.sees(each) and self.auth.covers(each.name)]
