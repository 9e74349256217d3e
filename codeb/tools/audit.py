"""audit_list: what was asked of the platform, by whom, and how it ended. Spec section 6; lesson 4."""

import json
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, StringConstraints

from codeb.domain.access import AuthContext, Forbidden, Role
from codeb.domain.records import iso
from codeb.services.audit import MOST
from codeb.services.protocols.audit_log import AuditQuery, Reach
from codeb.services.protocols.trail import AuditEntry
from codeb.tools.call import Call
from codeb.tools.params import Params, ProjectName
from codeb.tools.results import Record
from codeb.tools.tool import Tool

PERMISSION, LEAST_ROLE = "logs.view", Role.VIEWER
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ListParams(Params):
    project_name: ProjectName | None = Field(default=None, description="a project; one that is deleted has rows still")
    team_id: Word | None = Field(default=None, description="another team than one's own: for platform keys")
    tool: Word | None = None
    key_id: Word | None = Field(default=None, description="the key that called")
    success: bool | None = None
    since: AwareDatetime | None = Field(default=None, description="from this moment on")
    until: AwareDatetime | None = Field(default=None, description="before this moment")
    limit: int = Field(default=100, ge=1, le=MOST)
    after: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None, description="`nextCursor` of the page before"
    )


def list_all(call: Call, params: ListParams) -> Record:
    """Calls of tools, refused ones and crashes too, newest first, in pages."""
    page = call.services.audit.page(query_of(call.auth, params), params.limit, after=params.after)
    entries = [entry_record(each) for each in page.entries]
    return {"entries": entries, "count": len(entries), "nextCursor": page.next_cursor}


def query_of(auth: AuthContext, params: ListParams) -> AuditQuery:
    """Never wider than the key. A project of another team is one without rows. Raises Forbidden."""
    if params.project_name is not None:
        auth.require_project(params.project_name)
    return AuditQuery(
        reach=_reach(auth, params.team_id),
        project=params.project_name,
        tool=params.tool,
        key_id=params.key_id,
        success=params.success,
        since=params.since,
        until=params.until,
    )


def _reach(auth: AuthContext, team_id: str | None) -> Reach:
    if auth.platform:
        return Reach(team_id, auth.projects, auth.key_id)
    if team_id not in (None, auth.team_id):
        raise Forbidden("the audit of another team is for platform keys")
    return Reach(auth.team_id, auth.projects, auth.key_id)


def entry_record(entry: AuditEntry) -> Record:
    """The original's keys, and what it had no place for."""
    return {
        "id": entry.id,
        "timestamp": iso(entry.at),
        "teamId": entry.team_id,
        "userId": entry.key_id,
        "role": entry.role,
        "action": entry.tool,
        "resource": "tool",
        "resourceId": entry.project,
        "details": entry.params,
        "result": entry.result,
        "ip": entry.ip,
        "userAgent": entry.user_agent,
        "duration": entry.duration_ms,
        "success": entry.success,
        "error": entry.error,
        "code": entry.code,
        "correlationId": entry.correlation_id,
        "source": entry.source,
    }


def audit_line(entry: AuditEntry) -> str:
    """The record as one line of the export."""
    return json.dumps(entry_record(entry), separators=(",", ":"), default=str) + "\n"


TOOLS: tuple[Tool[Any], ...] = (Tool("audit_list", PERMISSION, LEAST_ROLE, ListParams, list_all),)
