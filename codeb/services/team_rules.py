"""What a team's settings decide about the releases of its projects. Spec section 6, team_settings."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from codeb.domain.names import EnvironmentName
from codeb.domain.project import Project
from codeb.domain.slots import DEFAULT_GRACE
from codeb.domain.teams import Team, TeamSettings
from codeb.errors import Unavailable
from codeb.services.protocols.access import AccessRegistry


@dataclass(frozen=True, slots=True)
class TeamRules:
    """``grace`` is the platform's, for teams that set none."""

    registry: AccessRegistry
    grace: timedelta = DEFAULT_GRACE

    def team(self, project: Project) -> Team | None:
        """None also while the registry cannot be read: a release does not fail over it."""
        with suppress(Unavailable):
            return self.registry.teams().get(project.team_id)
        return None

    def grace_of(self, project: Project) -> timedelta:
        """How long the slot that loses the traffic stays warm."""
        team = self.team(project)
        hours = team.settings.grace_period_hours if team else None
        return self.grace if hours is None else timedelta(hours=hours)

    def default_environment(self, project: Project) -> EnvironmentName:
        """Meant where none is named. Raises Unavailable rather than guess."""
        team = self.registry.teams().get(project.team_id)
        return (team.settings if team else TeamSettings()).default_environment

    def promotes(self, project: Project, environment: EnvironmentName) -> bool:
        """Whether a deploy to ``environment`` is promoted right away."""
        team = self.team(project)
        return team is not None and team.settings.auto_promote and environment is team.settings.default_environment
