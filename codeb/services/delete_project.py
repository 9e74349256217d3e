"""Delete a project and everything that was made for it on this host. Spec section 2, invariants."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from codeb.domain.events import EventKind
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.project import Project
from codeb.errors import CodebError, InvalidInput
from codeb.services.actor import Actor
from codeb.services.backing import GiveBackings, LastDumps
from codeb.services.container import migration_container
from codeb.services.errors import DumpFailed
from codeb.services.images import ImageRules
from codeb.services.protocols import (
    Clock,
    ContainerRuntime,
    Dumps,
    EnvFiles,
    Journal,
    Locks,
    Projects,
    Proxy,
    SlotStore,
)
from codeb.services.protocols.registry_images import RegistryImages


class NoLastDump(DumpFailed):
    """A deletion waits for the dump that outlives it."""

    code = "no_last_dump"

    def __init__(self, reason: DumpFailed) -> None:
        super().__init__(f"{reason}; `force` deletes the project all the same, without a last dump of that database")


@dataclass(frozen=True, slots=True)
class DeleteProject:
    projects: Projects
    slots: SlotStore
    journal: Journal
    locks: Locks
    runtime: ContainerRuntime
    proxy: Proxy
    env_files: EnvFiles
    dumps: Dumps
    give: GiveBackings
    clock: Clock
    rules: ImageRules
    registry: RegistryImages | None = None

    def __call__(self, name: str, actor: Actor, *, confirm: str, force: bool = False) -> LastDumps:
        """Remove all that was made for it; returns the last dumps of its databases, which stay.

        They are dumped twice: before anything goes, because a database that cannot be dumped stops the deletion
        unless it is forced, and when nothing writes to them any more, because that is what counts.
        Raises UnknownProject, InvalidInput, Locked, NoLastDump, Unavailable.
        """
        project = self.projects.get(name)
        if confirm != project.name:
            raise InvalidInput("confirm", f"type the project's name, {project.name!r}, to delete it")
        self.projects.require_writable()
        environments = [project.environment(each) for each in sorted(project.ports)]
        with ExitStack() as held:
            for environment in environments:
                held.enter_context(self.locks.held(environment, "deletion", actor.name))
            self._last_dumps(environments, force)
            for environment in environments:
                self._announce(environment, actor, force=force)
            self._forget_images(project.name)
            return self.finish(project.name, environments, force=force)

    def undo_init(self, project: Project, actor: Actor) -> None:
        """Take back what a failed workflow_init made; nothing of it had traffic.

        Announced like a deletion, so that recovery ends it where a part of the platform is away in the middle.
        """
        environments = [project.environment(each) for each in sorted(project.ports)]
        for environment in environments:
            with suppress(CodebError):
                self._announce(environment, actor)
        self.finish(project.name, environments)

    def begun(self) -> Sequence[str]:
        """Projects whose deletion was begun and not ended."""
        return sorted({each.project for each in self.journal.environments() if self._is_begun(each)})

    def _is_begun(self, environment: Environment) -> bool:
        """A journal that cannot be read says nothing of a deletion; whoever looks at its environment is told."""
        with suppress(CodebError):
            return any(event.kind is EventKind.DELETING for event in self.journal.events(environment))
        return False

    def _is_forced(self, environment: Environment) -> bool:
        with suppress(CodebError):
            deleting = [each for each in self.journal.events(environment) if each.kind is EventKind.DELETING]
            return any(each.data.get("force") is True for each in deleting)
        return False

    def resume(self, name: str) -> None:
        """Finish a deletion whose process died, or that was refused half-way. Raises Locked, Unavailable."""
        environments = [Environment(name, each) for each in sorted(EnvironmentName)]
        with ExitStack() as held:
            for environment in environments:
                held.enter_context(self.locks.held(environment, "deletion", "recovery", wait=0))
            self._forget_images(name)
            self.finish(name, environments, force=any(self._is_forced(each) for each in environments))

    def finish(self, name: str, environments: Iterable[Environment], *, force: bool = False) -> LastDumps:
        """Remove what is left, in an order that can be taken up again anywhere: the journals go last.

        No database goes before everything that writes to it has gone and it was dumped.
        """
        held = list(environments)
        for environment in held:
            self.proxy.remove(environment)
            for slot in SlotName:
                self.runtime.remove(environment.container(slot))
            self.runtime.remove(migration_container(environment))
            for left in self.runtime.held(environment):
                self.runtime.remove(left.name)
            self.runtime.remove_network(environment.network)
        self.runtime.prune(self.rules.repository(name), frozenset())
        dumps = self._last_dumps(held, force)
        for environment in held:
            self.give.take_back(environment)
        self.runtime.remove_volumes(name)
        self.env_files.remove(name)
        self.dumps.remove(name)
        self.projects.delete(name)
        for environment in held:
            self.slots.remove(environment)
            self.journal.remove(environment)
        return dumps

    def _forget_images(self, name: str) -> None:
        """Whoever makes a project of this name next must not find them. Security 1."""
        if self.registry is None:
            return
        for image in self.registry.images(name):
            for digest in sorted(image.all):
                self.registry.remove(name, digest)

    def _last_dumps(self, environments: Sequence[Environment], force: bool) -> LastDumps:
        try:
            return self.give.last_dumps(environments, self.clock.now(), force=force)
        except DumpFailed as error:
            raise NoLastDump(error) from error

    def _announce(self, environment: Environment, actor: Actor, *, force: bool = False) -> None:
        """Whoever finishes it in this one's place is told that it was forced."""
        generation, data = self.slots.get(environment).generation, {"force": True} if force else {}
        self.journal.append(
            environment, EventKind.DELETING, generation=generation, by=actor.name, why="project deleted", data=data
        )
