"""``GET /api/audit``: what was called, by whom, and what became of it."""

from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from codeb.api import envelope
from codeb.api.audit import audit_lines, audit_page, wants_lines
from codeb.api.parts import Parts, with_and_without_api
from codeb.tools.tool import Lane

_JSON_LINES = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class AuditRoutes:
    parts: Parts

    def routes(self) -> list[Route]:
        return with_and_without_api("/audit", self.audit)

    async def audit(self, request: Request) -> Response:
        """A page, or with ``format=jsonl`` all of it, a line each."""
        auth = self.parts.gate(request)
        ask = audit_lines if wants_lines(request) else audit_page
        found = await self.parts.lanes.run(Lane.READ, partial(ask, request, auth, self.parts.services.audit))
        if isinstance(found, dict):
            return envelope.success(request, found)
        return StreamingResponse(found, media_type=_JSON_LINES)
