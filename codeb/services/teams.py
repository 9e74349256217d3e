"""Teams: made, changed and deleted by their owners and admins. Spec section 6; security 10."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from codeb.domain.access import AuthContext, Forbidden, Role
from codeb.domain.grants import Grant, granted
from codeb.domain.keys import KeyRecord, NewKey, new_key
from codeb.domain.teams import Quotas, Team, TeamExists, TeamHasProjects, UnknownTeam
from codeb.errors import InvalidInput
from codeb.services.protocols import Clock, Projects
from codeb.services.protocols.access import AccessRegistry

_SLUG_LENGTH = 40


def the_team(auth: AuthContext, teams: Mapping[str, Team], wanted: str | None) -> Team:
    """The team that ``wanted`` names, one's own without; raises UnknownTeam where it is not one's own."""
    team_id = wanted or auth.team_id
    if team_id not in teams or not (auth.platform or team_id == auth.team_id):
        raise UnknownTeam(team_id)
    return teams[team_id]


def own_record(auth: AuthContext, keys: Mapping[str, KeyRecord]) -> KeyRecord | None:
    """Raises Forbidden where the key that asks lost its rights since it came in. Development has no keys."""
    own = keys.get(auth.key_id)
    if keys and (own is None or not own.role.covers(auth.role)):
        raise Forbidden("this key was revoked or lowered meanwhile")
    return own


@dataclass(frozen=True, slots=True)
class Teams:
    registry: AccessRegistry
    projects: Projects
    clock: Clock

    def visible(self, auth: AuthContext) -> Sequence[Team]:
        teams = self.registry.teams().values()
        return [self._whole(auth, each) for each in teams if auth.platform or each.id == auth.team_id]

    def get(self, auth: AuthContext, team_id: str | None) -> Team:
        return self._whole(auth, the_team(auth, self.registry.teams(), team_id))

    def create(self, auth: AuthContext, name: str, slug: str | None, *, keep: bool = True) -> tuple[Team, NewKey]:
        """A team and the key of its owner, as wide as the caller's. Raises TeamExists, InvalidInput, Forbidden."""
        auth.require_whole_team()
        slug = slug or slug_of(name)
        now = self.clock.now()
        with self.registry.changing(keep=keep) as change:
            if not auth.platform and self._limited(change.teams(), auth.team_id):
                raise Forbidden("this team has quotas: only a platform key makes a further team")
            if slug in {each.lower() for each in change.taken()} | {team.slug for team in change.teams().values()}:
                raise TeamExists(slug)
            grant = granted(auth, own_record(auth, change.keys()), Grant(Role.OWNER))
            key = new_key(
                slug,
                grant.role,
                name=f"owner of {name}",
                created_at=now,
                created_by=auth.key_id,
                scopes=grant.scopes,
                kind=grant.kind,
                expires_at=grant.expires_at,
                rate_limit=grant.rate_limit,
            )
            team = Team(id=slug, name=name, slug=slug, created_at=now, owner=auth.key_id)
            change.put_team(team)
            change.put_key(key.record)
        return team, key

    def change(
        self, auth: AuthContext, team_id: str | None, edit: Callable[[Team], Team], *, keep: bool = True
    ) -> tuple[Team, Team]:
        """The team before and after ``edit``; raises UnknownTeam, Forbidden, Unavailable, and what ``edit`` does."""
        auth.require_whole_team()
        with self.registry.changing(keep=keep) as change:
            before = the_team(auth, change.teams(), team_id)
            after = edit(before)
            if after.quotas != before.quotas and not auth.platform:
                raise Forbidden("quotas are set with a platform key")
            if after != before:
                change.put_team(after)
        return self._whole(auth, before), self._whole(auth, after)

    def delete(
        self, auth: AuthContext, team_id: str | None, confirm: str, *, keep: bool = True
    ) -> tuple[Team, Sequence[str]]:
        """The team that is no more and the ids of its keys; raises UnknownTeam, TeamHasProjects, InvalidInput."""
        auth.require_whole_team()
        self.projects.require_writable()
        with self.registry.changing(keep=keep) as change:
            team = the_team(auth, change.teams(), team_id)
            if confirm != team.name:
                raise InvalidInput("confirm", f"type the team's name, {team.name!r}, to delete it")
            if names := self._projects(team.id):
                raise TeamHasProjects(team.name, names)
            keys = [key for key in change.keys().values() if key.team_id == team.id]
            if not auth.platform and any(key.platform for key in keys):
                raise Forbidden("a platform key belongs to this team: only such a key deletes it")
            for key in keys:
                change.remove_key(key.id)
            change.retire_team(team.id)
        return team, [key.id for key in keys]

    def _projects(self, team_id: str) -> tuple[str, ...]:
        return tuple(sorted(each.name for each in self.projects.all() if each.team_id == team_id))

    def _whole(self, auth: AuthContext, team: Team) -> Team:
        """With the projects that the team has, as far as they exist for the caller."""
        visible = tuple(name for name in self._projects(team.id) if auth.covers(name))
        return team.model_copy(update={"projects": visible})

    @staticmethod
    def _limited(teams: Mapping[str, Team], team_id: str) -> bool:
        return team_id in teams and teams[team_id].quotas != Quotas()


def slug_of(name: str) -> str:
    """Raises InvalidInput where no letter or digit is left to make one of."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())[:_SLUG_LENGTH].strip("-")
    if not slug:
        raise InvalidInput("slug", f"none can be made of {name!r}: give one of small letters, digits and hyphens")
    return slug
