"""member_invite, member_remove, member_list. Spec section 6."""

from typing import Any

from pydantic import Field

from codeb.domain.access import Role
from codeb.domain.teams import Email, Label
from codeb.services.members import Membership
from codeb.tools.call import Call
from codeb.tools.params import DryRun
from codeb.tools.plan import planned
from codeb.tools.results import Record
from codeb.tools.team import TeamParams
from codeb.tools.token import RECOVERY
from codeb.tools.tool import Lane, Tool


class InviteParams(TeamParams, DryRun):
    email: Email
    name: Label | None = None
    role: Role = Field(default=Role.MEMBER, description="not above your own")


class RemoveParams(TeamParams, DryRun):
    email: Email


def invite(call: Call, params: InviteParams) -> Record:
    """Add somebody to the team, or change their role; token_create with `member` then makes their key."""
    done = call.services.access.members.invite(
        call.auth, params.team_id, params.email, params.name, params.role, keep=not params.dry_run
    )
    record = {**_told(done), "loweredKeys": list(done.keys)}
    sentence = f"make {params.email} {params.role} of {done.team.name}"
    if params.dry_run:
        return planned(sentence if done.changed else "nothing: they are that already", **record)
    hint = f"token_create with member {params.email} makes their key"
    return {**record, "changed": done.changed, "message": hint if done.changed else "nothing: they are that already"}


def remove(call: Call, params: RemoveParams) -> Record:
    """Take somebody out of the team and revoke the keys that were made for them."""
    done = call.services.access.members.remove(call.auth, params.team_id, params.email, keep=not params.dry_run)
    record = {**_told(done), "revoked": list(done.keys)}
    if done.member is None:
        nothing = f"nothing: {params.email} is no member of {done.team.name}"
        return planned(nothing, **record) if params.dry_run else {**record, "changed": False, "message": nothing}
    if params.dry_run:
        return planned(f"remove {params.email} and revoke their {len(done.keys)} keys", **record)
    message = f"{params.email} is out; revoke the tokens, too, that they knew and that were not made for them"
    return {**record, "changed": True, "message": message}


def list_(call: Call, params: TeamParams) -> Record:
    """The members of the team."""
    team = call.services.access.members.of(call.auth, params.team_id)
    members = [member.model_dump(mode="json", by_alias=True) for member in team.members]
    return {"teamId": team.id, "members": members, "total": len(members)}


def _told(done: Membership) -> Record:
    member = done.member and done.member.model_dump(mode="json", by_alias=True)
    return {"teamId": done.team.id, "member": member, "warnings": [RECOVERY] if done.ownerless else []}


TOOLS: tuple[Tool[Any], ...] = (
    Tool("member_invite", "member.invite", Role.ADMIN, InviteParams, invite, Lane.CHANGE),
    Tool("member_remove", "member.remove", Role.ADMIN, RemoveParams, remove, Lane.CHANGE),
    Tool("member_list", "member.list", Role.VIEWER, TeamParams, list_),
)
