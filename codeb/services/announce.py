"""Tell a team's webhook what happened to its project. Issue 4, "Hooks"."""

import secrets
from dataclasses import dataclass
from typing import Literal

from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.records import iso
from codeb.services.protocols import Announcements, Clock

Happening = Literal["deployment", "promotion", "rollback", "failure"]


@dataclass(frozen=True, slots=True)
class Announcer:
    announcements: Announcements
    clock: Clock

    def __call__(self, project: Project, environment: Environment, happening: Happening, **facts: object) -> None:
        """Never blocks and never fails a release. Facts are for the team's eyes; no secret may be among them."""
        url = project.settings.webhook
        if url is None:
            return
        event = {
            "id": f"hook_{secrets.token_hex(10)}",
            "event": happening,
            "projectName": project.name,
            "projectCreatedAt": iso(project.created_at),
            "environment": str(environment.name),
            "timestamp": iso(self.clock.now()),
            **facts,
        }
        self.announcements.announce(url, event)
