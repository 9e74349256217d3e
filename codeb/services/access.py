"""Teams, members and tokens on one registry."""

from dataclasses import dataclass

from codeb.services.members import Members
from codeb.services.protocols import Clock, Projects
from codeb.services.protocols.access import AccessRegistry
from codeb.services.teams import Teams
from codeb.services.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Access:
    teams: Teams
    members: Members
    tokens: Tokens


def access(registry: AccessRegistry, projects: Projects, clock: Clock) -> Access:
    return Access(Teams(registry, projects, clock), Members(registry, clock), Tokens(registry, projects, clock))
