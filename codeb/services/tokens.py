"""Tokens: the API keys that keys make. None is wider than the one it comes from. Spec section 6; security 4."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from codeb.domain.access import AuthContext, Forbidden, Role
from codeb.domain.grants import Grant, granted, require_role
from codeb.domain.keys import KeyRecord, NewKey, UnknownToken, new_key, without_owner
from codeb.domain.project import UnknownProject
from codeb.domain.teams import Team, TooMany, UnknownMember, UnknownTeam
from codeb.services.protocols import Clock, Projects
from codeb.services.protocols.access import AccessChange, AccessRegistry
from codeb.services.teams import own_record, the_team

MAX_TOKENS = 1000
_FORGOTTEN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Revoked:
    """``made`` are the keys that the revoked one made, and which stand."""

    key: KeyRecord
    made: tuple[str, ...]
    ownerless: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    registry: AccessRegistry
    projects: Projects
    clock: Clock

    def create(
        self,
        auth: AuthContext,
        team_id: str | None,
        name: str,
        wanted: Grant,
        *,
        member: str | None = None,
        keep: bool = True,
    ) -> NewKey:
        """``member`` is the address of whose key it will be; without, it is whose the caller's is.

        Raises Forbidden, UnknownProject, UnknownMember, UnknownTeam, TooMany, Unavailable.
        """
        team = self._team(auth, team_id)
        self._require_projects(team, wanted.projects)
        with self.registry.changing(keep=keep) as change:
            keys = change.keys()
            own = own_record(auth, keys)
            grant = granted(auth, own, wanted)
            owner = _member(auth, change.teams(), team, member, grant.role) if member else (own and own.member_id)
            self._make_room(change, keys, team)
            made = new_key(
                team,
                grant.role,
                name=name,
                created_at=self.clock.now(),
                created_by=auth.key_id,
                scopes=grant.scopes,
                projects=grant.projects,
                kind=grant.kind,
                member_id=owner if team == auth.team_id or member else None,
                expires_at=grant.expires_at,
                rate_limit=grant.rate_limit,
            )
            change.put_key(made.record)
        return made

    def visible(self, auth: AuthContext, team_id: str | None) -> Sequence[KeyRecord]:
        """Oldest first, each with its last use. Raises UnknownTeam, Unavailable."""
        team, keys, uses = self._team(auth, team_id), self.registry.keys(), self.registry.uses()
        own = keys.get(auth.key_id)
        seen = [key for key in keys.values() if key.team_id == team and _reaches(auth, own, key, auth.role)]
        shown = [key.model_copy(update={"last_used": uses.get(key.id, key.last_used)}) for key in seen]
        return sorted(shown, key=lambda key: (str(key.created_at), key.id))

    def revoke(self, auth: AuthContext, token_id: str, *, keep: bool = True) -> Revoked:
        """Also the last owner's key: one that was stolen must go at once, and the host makes another.

        Raises UnknownToken for what one may not see, Forbidden, Unavailable.
        """
        role = auth.role if auth.may("token.revoke.any", Role.ADMIN) else Role.MEMBER
        with self.registry.changing(keep=keep) as change:
            keys = dict(change.keys())
            key = keys.get(token_id)
            if key is None or not _reaches(auth, keys.get(auth.key_id), key, role):
                raise UnknownToken(token_id)
            if key.platform and not auth.platform:
                raise Forbidden("a platform key is revoked with a platform key, or by `codeb keys revoke` on the host")
            change.remove_key(key.id)
        del keys[key.id]
        made = tuple(each.id for each in keys.values() if each.created_by == key.id)
        lost = key.role is Role.OWNER and without_owner(keys.values(), key.team_id, self.clock.now())
        return Revoked(key, made, lost)

    def _team(self, auth: AuthContext, wanted: str | None) -> str:
        """A key outlives the record of its team, which somebody may have lost: one's own needs none."""
        if wanted in (None, auth.team_id):
            return auth.team_id
        return the_team(auth, self.registry.teams(), wanted).id

    def _require_projects(self, team: str, names: frozenset[str] | None) -> None:
        known = {each.name for each in self.projects.all() if each.team_id == team} if names else set()
        for name in sorted(names or ()):
            if name not in known:
                raise UnknownProject(name)

    def _make_room(self, change: AccessChange, keys: Mapping[str, KeyRecord], team: str) -> None:
        """Keys that ended long ago go; the rest are bounded."""
        now = self.clock.now()
        mine = [key for key in keys.values() if key.team_id == team]
        old = [key for key in mine if key.expired(now - _FORGOTTEN)]
        for key in old:
            change.remove_key(key.id)
        if len(mine) - len(old) >= MAX_TOKENS:
            raise TooMany("tokens", MAX_TOKENS)


def _member(auth: AuthContext, teams: Mapping[str, Team], team: str, email: str, role: Role) -> str:
    """The member's id; raises UnknownMember, and Forbidden where the role is above the member's."""
    require_role(auth, Role.ADMIN)
    if team not in teams:
        raise UnknownTeam(team)
    member = teams[team].member(email)
    if member is None:
        raise UnknownMember(email, teams[team].name)
    if not member.role.covers(role):
        raise Forbidden(f"{role} is above the member's role, {member.role}")
    return member.id


def _reaches(auth: AuthContext, own: KeyRecord | None, key: KeyRecord, role: Role) -> bool:
    """Whether ``key`` exists for the caller, who acts in ``role``."""
    if key.team_id != auth.team_id and not auth.platform:
        return False
    if auth.key_id in (key.id, key.created_by):
        return True
    if auth.projects is not None and not (key.projects is not None and key.projects <= auth.projects):
        return False
    same_person = own is not None and own.member_id is not None and own.member_id == key.member_id
    return same_person or role.covers(Role.ADMIN)
