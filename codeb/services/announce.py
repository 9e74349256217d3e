"""Tell the webhooks of a project and of its team what happened. Issue 4, "Hooks"; spec section 6, team_settings."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.records import iso
from codeb.domain.teams import Team
from codeb.services.protocols import Announcements, Clock
from codeb.services.team_rules import TeamRules

Happening = Literal["deployment", "promotion", "rollback", "failure"]


@dataclass(frozen=True, slots=True)
class Announcer:
    announcements: Announcements
    clock: Clock
    rules: TeamRules

    def __call__(self, project: Project, environment: Environment, happening: Happening, **facts: object) -> None:
        """Never blocks and never fails a release. Facts are for the team's eyes; no secret may be among them."""
        own, team = project.settings.webhook, self.rules.team(project)
        event = self._event(project, environment, happening, facts)
        if own is not None:
            self.announcements.announce(own, event)
        theirs = team.settings.notification_webhook if team else None
        if team is not None and theirs is not None and theirs != own:
            self.announcements.announce(theirs, {**event, **_team(team)})

    def _event(
        self, project: Project, environment: Environment, happening: Happening, facts: Mapping[str, object]
    ) -> dict[str, object]:
        return {
            "id": f"hook_{secrets.token_hex(10)}",
            "event": happening,
            "projectName": project.name,
            "projectCreatedAt": iso(project.created_at),
            "environment": str(environment.name),
            "timestamp": iso(self.clock.now()),
            **facts,
        }


def _team(team: Team) -> dict[str, object]:
    """Makes it an event of the team's: signed with the team's secret, and another delivery than the project's."""
    return {"id": f"hook_{secrets.token_hex(10)}", "teamId": team.id, "teamCreatedAt": iso(team.created_at)}
