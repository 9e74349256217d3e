"""A team: its members, settings and quotas, as ``teams.json`` has them. Spec section 6; security 10."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from codeb.domain.access import Role
from codeb.domain.keys import MAX_TEAM_ID, Moment
from codeb.domain.names import EnvironmentName
from codeb.domain.project import HookUrl
from codeb.errors import Refused

TeamId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$", max_length=MAX_TEAM_ID)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]
Email = Annotated[
    str,
    StringConstraints(
        to_lower=True,
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]+$",
    ),
]
DomainName = Annotated[
    str,
    StringConstraints(
        to_lower=True, max_length=253, pattern=r"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$"
    ),
]
Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$"),
]
Limit = Annotated[int, Field(ge=0, le=1_000_000_000)]
MAX_MEMBERS = 500


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    def stored(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class TeamSettings(_Wire):
    default_environment: EnvironmentName = EnvironmentName.PRODUCTION
    auto_promote: bool = False
    grace_period_hours: int | None = Field(default=None, ge=1, le=720, description="none: as the platform says")
    allowed_domains: tuple[DomainName, ...] = Field(default=(), max_length=100)
    notification_webhook: HookUrl | None = None


class Quotas(_Wire):
    """What a team may have at once; None is without limit. ``images_mb`` is the disk of its images on the app host."""

    projects: Limit | None = None
    previews: Limit | None = None
    memory_mb: Limit | None = None
    cpus: float | None = Field(default=None, ge=0, le=1_000_000)
    images_mb: Limit | None = None
    concurrent_deploys: Limit | None = None
    streams: Limit | None = None

    @property
    def on_deploys(self) -> bool:
        """Whether any of them is looked at by a deploy."""
        looked_at = (self.previews, self.memory_mb, self.cpus, self.images_mb, self.concurrent_deploys)
        return any(each is not None for each in looked_at)


class Member(_Wire):
    id: str
    email: str
    name: str = ""
    role: Role
    invited_by: str = ""
    joined_at: Moment | None = None


class Team(_Wire):
    id: str
    name: str
    slug: str
    created_at: Moment | None = None
    owner: str = ""
    plan: str = "free"
    projects: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    settings: TeamSettings = TeamSettings()
    quotas: Quotas = Quotas()

    def member(self, email: str) -> Member | None:
        return next((each for each in self.members if each.email.lower() == email), None)

    def with_member(self, member: Member) -> "Team":
        others = tuple(each for each in self.members if each.id != member.id)
        return self.model_copy(update={"members": (*others, member)})

    def without_member(self, member: Member) -> "Team":
        return self.model_copy(update={"members": tuple(each for each in self.members if each.id != member.id)})


class UnknownTeam(Refused):
    """No such team, or not the caller's: the two look the same."""

    code = "unknown_team"

    def __init__(self, team: str) -> None:
        super().__init__(f"no team {team!r}; team_list names those that you may see")


class TeamExists(Refused):
    code = "team_exists"

    def __init__(self, slug: str) -> None:
        super().__init__(f"the slug {slug!r} is, or was, another team's; give a different `slug`")


class TeamHasProjects(Refused):
    code = "team_has_projects"

    def __init__(self, team: str, projects: tuple[str, ...]) -> None:
        self.projects = projects
        super().__init__(f"{team} still has {', '.join(projects)}: delete them first, with project_delete")

    def facts(self) -> dict[str, object]:
        return {"projects": list(self.projects)}


class UnknownMember(Refused):
    code = "unknown_member"

    def __init__(self, email: str, team: str) -> None:
        super().__init__(f"{email} is no member of {team}; member_invite adds a member")


class TooMany(Refused):
    """A team's registry entries are bounded, so that one team cannot fill the file that all keys are read from."""

    code = "too_many"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"a team has at most {limit} {what}; remove some first")
