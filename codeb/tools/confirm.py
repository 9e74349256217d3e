"""confirm: a person's yes to an assistant's request; and which tools want one. Spec section 6, security 4."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from codeb.domain.access import Forbidden, KeyKind, Role
from codeb.domain.masking import Cover, masked_record
from codeb.domain.names import project_name
from codeb.domain.records import iso
from codeb.services.confirmations import Request, UnknownRequest
from codeb.tools.call import Call
from codeb.tools.params import Params
from codeb.tools.results import Record
from codeb.tools.settings_view import webhook_hosts
from codeb.tools.tool import Tool

CONFIRMATION = "confirmation"
NEEDED = frozenset(
    {
        *("promote", "rollback", "maintenance", "slot_cleanup"),
        *("workflow_init", "project_update", "project_delete", "repository_bind"),
        *("env_sync", "env_restore", "setup_secrets"),
        *("domain_setup", "domain_delete"),
        *("team_create", "team_settings", "team_delete", "member_invite", "member_remove"),
        *("token_create", "token_revoke"),
        "pr_merge",
    }
)
"""What an assistant does not do by itself: production traffic, what cannot be undone, secrets, people, merges."""
IN_ENVIRONMENT = frozenset(
    {
        *("promote", "rollback", "maintenance", "slot_cleanup"),
        *("env_sync", "env_restore", "domain_setup", "domain_delete"),
    }
)
"""Those of them that are about one environment, which may be meant without being named."""


class ConfirmParams(Params):
    request_id: Annotated[str, StringConstraints(pattern=r"^cfm_[0-9a-f]{12}$")] = Field(
        description="of the answer that the assistant got"
    )
    look: bool = Field(default=False, description="show the request and confirm nothing")


def confirm(call: Call, params: ConfirmParams) -> Record:
    """Say yes to what an assistant asked for: answers a code for that very call, for five minutes, once."""
    if call.auth.kind is not KeyKind.PERSON:
        raise Forbidden("only a person confirms, with a key of their own: not an assistant, nor CI")
    wanted = call.services.confirmations.request(params.request_id)
    if not call.auth.platform and wanted.auth.team_id != call.auth.team_id:
        raise UnknownRequest(params.request_id)
    _require_right(call, wanted)
    record: Record = {
        "requestId": wanted.id,
        "tool": wanted.tool,
        "params": _shown(wanted.params, call.services.known.cover),
        **_meant(call, wanted),
    }
    if params.look:
        return {**record, "changed": False}
    code, expires = call.services.confirmations.confirm(wanted)
    return {**record, "confirmation": code, "expiresAt": iso(expires), "changed": True}


def _require_right(call: Call, wanted: Request) -> None:
    """Whoever confirms could do it with a key of their own, all of it. Raises Forbidden, UnknownProject."""
    auth, asked = call.auth, wanted.auth
    auth.require(wanted.permission, wanted.least_role)
    if not auth.role.covers(asked.role) or (asked.platform and not auth.platform):
        raise Forbidden(f"this request is that of a key of more power than yours: {asked.role} is needed to confirm it")
    name = wanted.params.get("projectName")
    if not isinstance(name, str):
        auth.require_whole_team()
    elif wanted.tool == "workflow_init":
        auth.require_project(project_name(name))
    else:
        call.project(project_name(name))


def _meant(call: Call, wanted: Request) -> Record:
    """The environment, where none is named: whoever confirms sees which one it is. Raises Unavailable."""
    name = wanted.params.get("projectName")
    if wanted.tool not in IN_ENVIRONMENT or "environment" in wanted.params or not isinstance(name, str):
        return {}
    return {"environment": str(call.services.rules.default_environment(call.project(project_name(name))))}


def _shown(params: Mapping[str, Any], cover: Cover) -> Record:
    """What is confirmed, as the audit will tell of it; of a webhook also the host, which says who will hear."""
    seen, given = masked_record(params, cover), params.get("settings")
    if isinstance(given, Mapping) and isinstance(settings := seen.get("settings"), dict):
        seen["settings"] = {**settings, **webhook_hosts(given)}
    return seen


TOOLS: tuple[Tool[Any], ...] = (
    Tool(
        "confirm",
        "deploy.promote",
        Role.MEMBER,
        ConfirmParams,
        confirm,
        result={
            "requestId": "the request",
            "tool": "what would be called",
            "params": "with which input, secrets covered",
            "environment": "the team's default, where the input names none",
            "confirmation": "the code; not with look",
            "expiresAt": "until when it holds; not with look",
            "changed": "false with look",
        },
    ),
)
