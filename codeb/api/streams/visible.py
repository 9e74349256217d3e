"""The projects of a key, for routes that are no tools."""

from dataclasses import dataclass

from codeb.bootstrap import Services
from codeb.domain.access import AuthContext
from codeb.domain.project import Project
from codeb.services.actor import Actor
from codeb.tools.call import Call


@dataclass(frozen=True, slots=True)
class ProjectFinder:
    services: Services

    def __call__(self, auth: AuthContext, name: str) -> Project:
        """Raises UnknownProject, also for one that is another team's; Forbidden."""
        return Call(self.services, auth, Actor(auth.key_id, "api", auth.team_id)).project(name)
