"""``POST /api/tool``: the one way to act."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from codeb.api import envelope
from codeb.api.body import tool_call
from codeb.api.errors import BadRequest
from codeb.api.parts import Parts, source, with_and_without_api
from codeb.api.trail import Origin


@dataclass(frozen=True, slots=True)
class ToolRoutes:
    parts: Parts

    def routes(self) -> list[Route]:
        return with_and_without_api("/tool", self.tool, ["POST"])

    async def tool(self, request: Request) -> Response:
        auth = self.parts.gate(request)
        try:
            name, params = await tool_call(request)
        except BadRequest as error:
            self.parts.dispatch.refused(error, auth, source(request), Origin.of(request))
            raise
        return envelope.success(request, await self.parts.call(request, name, params, auth))
