"""The people of a team. A member's role bounds the keys that were made for them. Spec section 6."""

import secrets
from dataclasses import dataclass

from codeb.domain.access import AuthContext, Role
from codeb.domain.grants import require_role
from codeb.domain.keys import KeyRecord, without_owner
from codeb.domain.teams import MAX_MEMBERS, Member, Team, TooMany
from codeb.services.protocols import Clock
from codeb.services.protocols.access import AccessChange, AccessRegistry
from codeb.services.teams import the_team


@dataclass(frozen=True, slots=True)
class Membership:
    """``member`` is None where there was none to remove; ``keys`` are those lowered or revoked with it."""

    team: Team
    member: Member | None
    changed: bool
    keys: tuple[str, ...] = ()
    ownerless: bool = False


@dataclass(frozen=True, slots=True)
class Members:
    registry: AccessRegistry
    clock: Clock

    def of(self, auth: AuthContext, team_id: str | None) -> Team:
        """Raises UnknownTeam, Unavailable."""
        return the_team(auth, self.registry.teams(), team_id)

    def invite(
        self, auth: AuthContext, team_id: str | None, email: str, name: str | None, role: Role, *, keep: bool = True
    ) -> Membership:
        """Add a member, or change the one of that address; keys above a lowered role are lowered with it.

        Raises Forbidden for a role above one's own, TooMany, UnknownTeam, Unavailable.
        """
        auth.require_whole_team()
        require_role(auth, role)
        with self.registry.changing(keep=keep) as change:
            team = the_team(auth, change.teams(), team_id)
            known = self._reachable(auth, team, email)
            if known is None and len(team.members) >= MAX_MEMBERS:
                raise TooMany("members", MAX_MEMBERS)
            member = self._member(auth, known, email, name, role)
            if member == known:
                return Membership(team, member, changed=False)
            after = team.with_member(member)
            change.put_team(after)
            lowered = [key for key in _keys(change, team, member) if not role.covers(key.role)]
            for key in lowered:
                change.put_key(key.model_copy(update={"role": role}))
            return self._done(change, after, member, lowered)

    def remove(self, auth: AuthContext, team_id: str | None, email: str, *, keep: bool = True) -> Membership:
        """Take the member and the member's keys away; raises Forbidden where their role is above one's own."""
        auth.require_whole_team()
        with self.registry.changing(keep=keep) as change:
            team = the_team(auth, change.teams(), team_id)
            member = self._reachable(auth, team, email)
            if member is None:
                return Membership(team, None, changed=False)
            after = team.without_member(member)
            change.put_team(after)
            keys = _keys(change, team, member)
            for key in keys:
                change.remove_key(key.id)
            return self._done(change, after, member, keys)

    def _member(self, auth: AuthContext, known: Member | None, email: str, name: str | None, role: Role) -> Member:
        if known is not None:
            return known.model_copy(update={"role": role, "name": known.name if name is None else name})
        return Member(
            id=f"mem_{secrets.token_hex(8)}",
            email=email,
            name=name or "",
            role=role,
            invited_by=auth.key_id,
            joined_at=self.clock.now(),
        )

    def _done(self, change: AccessChange, team: Team, member: Member, keys: list[KeyRecord]) -> Membership:
        lost = any(key.role is Role.OWNER for key in keys)
        ownerless = lost and without_owner(change.keys().values(), team.id, self.clock.now())
        return Membership(team, member, changed=True, keys=tuple(key.id for key in keys), ownerless=ownerless)

    @staticmethod
    def _reachable(auth: AuthContext, team: Team, email: str) -> Member | None:
        member = team.member(email)
        if member is not None:
            require_role(auth, member.role)
        return member


def _keys(change: AccessChange, team: Team, member: Member) -> list[KeyRecord]:
    return [key for key in change.keys().values() if key.team_id == team.id and key.member_id == member.id]
