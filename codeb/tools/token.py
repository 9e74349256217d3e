"""token_create, token_list, token_revoke. Spec section 6; security 4: no token is wider than the key that makes it."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from codeb.domain.access import KeyKind, Role
from codeb.domain.grants import Grant
from codeb.domain.keys import KeyRecord, RateLimit
from codeb.domain.teams import Email, Label
from codeb.tools.call import Call
from codeb.tools.params import DryRun, ProjectName
from codeb.tools.plan import planned
from codeb.tools.results import Record
from codeb.tools.team import TeamParams
from codeb.tools.tool import Lane, Tool

RECOVERY = (
    "the team has no owner's key any more: `codeb keys create --team TEAM --role owner` on the app host makes another"
)
Scope = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z]{1,30}(\.[a-z]{1,30}){0,3})$")]
Scopes = Annotated[frozenset[Scope], Field(min_length=1, max_length=100)]
Projects = Annotated[frozenset[ProjectName], Field(min_length=1, max_length=100)]


class CreateParams(TeamParams, DryRun):
    name: Label = Field(description="what the token is for")
    role: Role = Field(description="not above your own")
    scopes: Scopes | None = Field(default=None, description="permissions of GET /api/tools, or *; yours without")
    projects: Projects | None = Field(default=None, description="limits the token to these; yours without")
    expires_in_days: int | None = Field(default=None, ge=1, le=3650, description="never without, or when yours does")
    rate_limit: RateLimit | None = Field(default=None, description="set by an admin")
    kind: KeyKind | None = Field(default=None, description="who holds it; as yours without")
    member: Email | None = Field(default=None, description="the member whose key it is; set by an admin")


class RevokeParams(DryRun):
    token_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]


def create(call: Call, params: CreateParams) -> Record:
    """Make a token, an API key that may no more than yours. The key is shown this once."""
    tokens = call.services.access.tokens
    wanted = _grant(params, tokens.clock.now())
    made = tokens.create(call.auth, params.team_id, params.name, wanted, member=params.member, keep=not params.dry_run)
    token = made.record.shown()
    if params.dry_run:
        del token["id"]
        return planned(f"make {_sentence(made.record)}", token=token)
    message = f"{_sentence(made.record)}: keep the key now, it cannot be shown again"
    return {"token": token, "tokenId": made.record.id, "key": made.text, "changed": True, "message": message}


def list_(call: Call, params: TeamParams) -> Record:
    """Your own tokens; an admin sees the team's. When a token was last used is told a few minutes late."""
    tokens = [key.shown() for key in call.services.access.tokens.visible(call.auth, params.team_id)]
    return {"tokens": tokens, "total": len(tokens)}


def revoke(call: Call, params: RevokeParams) -> Record:
    """Revoke a token of your own; an admin any of the team. It opens nothing from that moment on."""
    done = call.services.access.tokens.revoke(call.auth, params.token_id, keep=not params.dry_run)
    warnings = [RECOVERY] if done.ownerless else []
    if done.made:
        warnings.append(f"it made {len(done.made)} tokens, which still work: {', '.join(done.made[:20])}")
    record = {"tokenId": done.key.id, "token": done.key.shown(), "made": list(done.made), "warnings": warnings}
    if params.dry_run:
        return planned(f"revoke {_sentence(done.key)}", **record)
    return {**record, "changed": True, "message": f"{_sentence(done.key)} is revoked"}


def _grant(params: CreateParams, now: datetime) -> Grant:
    days = params.expires_in_days
    return Grant(
        params.role,
        params.scopes,
        params.projects,
        params.kind,
        now + timedelta(days=days) if days else None,
        params.rate_limit,
    )


def _sentence(key: KeyRecord) -> str:
    return f"the token {key.name!r}, {key.role} of {key.team_id}"


TOOLS: tuple[Tool[Any], ...] = (
    Tool("token_create", "token.create", Role.MEMBER, CreateParams, create, Lane.CHANGE),
    Tool("token_list", "token.list", Role.MEMBER, TeamParams, list_),
    Tool(
        "token_revoke",
        "token.revoke.own",
        Role.MEMBER,
        RevokeParams,
        revoke,
        Lane.CHANGE,
        result={
            "tokenId": "the token",
            "token": "what it was, without its text",
            "made": "the ids of tokens that it made, which still work",
            "warnings": "what to think of now",
            "changed": "true",
            "message": "a sentence",
        },
    ),
)
