"""Change a project's settings; the next deploy runs with them, previews and gates follow at once. Spec section 2."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.project import Project, ProjectSettings
from codeb.services.actor import Actor
from codeb.services.protocols import Projects, Proxy, SlotStore
from codeb.services.sites import Addresses
from codeb.services.turns import Turns

Change = Callable[[ProjectSettings], ProjectSettings]


@dataclass(frozen=True, slots=True)
class UpdateProject:
    projects: Projects
    slots: SlotStore
    turns: Turns
    proxy: Proxy
    addresses: Addresses

    def __call__(self, name: str, settings: ProjectSettings | Change, actor: Actor) -> tuple[Project, bool]:
        """The project with these settings, or with its own after a change, and whether that changed anything.

        A change is made from what the settings are once it is this one's turn: two at once lose nothing.

        The sites are brought up to date also where the settings are these already: an update before this one may have
        been cut short. Raises UnknownProject, Locked, Unavailable, SiteRefused; after the last the settings are as
        they were.
        """
        with ExitStack() as held:
            for environment in sorted(self.projects.get(name).ports):
                held.enter_context(self.turns.taken(Environment(name, environment), "settings", actor.name))
            before = self.projects.get(name)
            wanted = settings if isinstance(settings, ProjectSettings) else settings(before.settings)
            if before.settings == wanted:
                return before, self._install(before)
            after = self.projects.update_settings(name, wanted)
            try:
                self._install(after)
            except BaseException:
                self._install(self.projects.update_settings(name, before.settings))
                raise
        return after, True

    def _install(self, project: Project) -> bool:
        pairs = [self.slots.get(project.environment(name)) for name in project.ports]
        return self.proxy.install(*(self.addresses.site(project, pair) for pair in pairs))
