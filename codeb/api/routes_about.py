"""What the API is and what it can do: ``/api``, ``/api/tools``, ``/openapi.json``."""

from dataclasses import dataclass
from functools import cache, partial

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import codeb
from codeb.api import openapi
from codeb.api.parts import Parts, with_and_without_api
from codeb.domain.access import AuthContext
from codeb.tools.offer import described, offered
from codeb.tools.registry import TOOLS
from codeb.tools.tool import Lane

_FEATURES = ["blue-green-deployment", "slot-management", "project-initialization"]
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class AboutRoutes:
    parts: Parts

    def routes(self) -> list[Route]:
        return [
            Route("/api", self.about),
            *with_and_without_api("/tools", self.tools),
            *with_and_without_api("/openapi.json", self.openapi),
        ]

    async def about(self, request: Request) -> JSONResponse:
        auth = self.parts.gate(request)
        record = {"name": "CodeB API", "version": codeb.__version__, "features": _FEATURES}
        return JSONResponse({**record, "tools": [tool.name for tool in TOOLS], "key": _whose(auth)})

    async def tools(self, request: Request) -> Response:
        """All of them; with ``mine=true`` those that the key may call."""
        auth = self.parts.gate(request)
        made = partial(_mine, auth) if request.query_params.get("mine") == "true" else _tools
        return Response(await self.parts.lanes.run(Lane.READ, made), media_type=_JSON)

    async def openapi(self, request: Request) -> Response:  # noqa: ARG002
        return Response(await self.parts.lanes.run(Lane.READ, _openapi), media_type=_JSON)


def _whose(auth: AuthContext) -> dict[str, object]:
    """What a client may show of the key that it was given: never the key."""
    return {
        "id": auth.key_id,
        "teamId": auth.team_id,
        "role": str(auth.role),
        "kind": str(auth.kind),
        "projects": None if auth.projects is None else sorted(auth.projects),
        "platform": auth.platform,
    }


@cache
def _tools() -> bytes:
    return orjson.dumps({"tools": [described(tool.name) for tool in TOOLS]})


def _mine(auth: AuthContext) -> bytes:
    return orjson.dumps({"tools": offered(auth)})


@cache
def _openapi() -> bytes:
    return orjson.dumps(openapi.document())
