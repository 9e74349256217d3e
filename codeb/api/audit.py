"""``GET /api/audit``: the audit as existing clients ask for it, in pages, or as JSON lines. Spec section 6."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from pydantic import Field
from starlette.requests import Request

from codeb.domain.access import AuthContext
from codeb.services.audit import COUNTED, ReadAudit
from codeb.services.protocols.audit_log import AuditQuery
from codeb.tools.audit import LEAST_ROLE, PERMISSION, ListParams, audit_line, entry_record, query_of
from codeb.tools.params import parse
from codeb.tools.results import Record


class QueryParams(ListParams):
    """``offset`` is for clients of before; ``after`` costs the same on every page."""

    offset: int = Field(default=0, ge=0, le=COUNTED)
    team_only: bool = Field(default=True, description="false: every team's, for platform keys")


def audit_page(request: Request, auth: AuthContext, audit: ReadAudit) -> Record:
    """A page and the total, which is exact up to 10,000. Raises Forbidden, InvalidInput, Unavailable."""
    params, query = _asked(request, auth)
    page = audit.page(query, params.limit, after=params.after, offset=params.offset)
    total, exact = audit.total(query)
    return {
        "data": [entry_record(entry) for entry in page.entries],
        "total": total,
        "totalIsExact": exact,
        "limit": params.limit,
        "offset": params.offset,
        "nextCursor": page.next_cursor,
    }


def wants_lines(request: Request) -> bool:
    return request.query_params.get("format") == "jsonl"


def audit_lines(request: Request, auth: AuthContext, audit: ReadAudit) -> Iterator[str]:
    """Everything that was asked for, a line each, read as it is sent.

    The first page is read at once, so that a refusal is an answer still. Raises Forbidden, InvalidInput, Unavailable.
    """
    _, query = _asked(request, auth)
    entries = audit.export(query)
    first = next(entries, None)
    return map(audit_line, chain(() if first is None else (first,), entries))


def _asked(request: Request, auth: AuthContext) -> tuple[QueryParams, AuditQuery]:
    auth.require(PERMISSION, LEAST_ROLE)
    given = dict(request.query_params)
    params, _ = parse(QueryParams, {**given, "projectName": given.get("projectName") or given.get("project")})
    query = query_of(auth, params)
    if auth.platform and params.team_only and params.team_id is None:
        query = replace(query, reach=replace(query.reach, team_id=auth.team_id))
    return params, query
