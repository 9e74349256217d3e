"""Delete a project and everything that was made for it on this host. Spec section 2, invariants."""

from contextlib import ExitStack
from dataclasses import dataclass

from codeb.domain.names import SlotName
from codeb.domain.project import Project
from codeb.errors import InvalidInput
from codeb.services.actor import Actor
from codeb.services.protocols import ContainerRuntime, EnvFiles, Journal, Locks, Projects, Proxy, SlotStore


@dataclass(frozen=True, slots=True)
class DeleteProject:
    projects: Projects
    slots: SlotStore
    journal: Journal
    locks: Locks
    runtime: ContainerRuntime
    proxy: Proxy
    env_files: EnvFiles

    def __call__(self, name: str, actor: Actor, *, confirm: str) -> None:
        """Remove all that was made for it. Raises UnknownProject, InvalidInput, Locked, Unavailable."""
        project = self.projects.get(name)
        if confirm != project.name:
            raise InvalidInput("confirm", f"type the project's name, {project.name!r}, to delete it")
        self.projects.require_writable()
        with ExitStack() as held:
            for environment in sorted(project.ports):
                held.enter_context(self.locks.held(project.environment(environment), "deletion", actor.name))
            self._remove(project)

    def undo_init(self, project: Project) -> None:
        """Take back what a failed workflow_init made; nothing of it had traffic."""
        self._remove(project)

    def _remove(self, project: Project) -> None:
        for name in project.ports:
            environment = project.environment(name)
            self.proxy.remove(environment)
            for slot in SlotName:
                self.runtime.remove(environment.container(slot))
            self.runtime.remove_network(environment.network)
        self.env_files.remove(project.name)
        self.projects.delete(project.name)
        for name in project.ports:
            self.slots.remove(project.environment(name))
            self.journal.remove(project.environment(name))
