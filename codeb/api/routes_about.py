"""What the API is and what it can do: ``/``, ``/api``, ``/api/tools``, ``/openapi.json``."""

from dataclasses import dataclass
from functools import cache

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import codeb
from codeb.api import openapi
from codeb.api.parts import Parts, with_and_without_api
from codeb.tools.registry import TOOLS
from codeb.tools.tool import Lane

_FEATURES = ["blue-green-deployment", "slot-management", "project-initialization"]
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class AboutRoutes:
    parts: Parts

    def routes(self) -> list[Route]:
        return [
            Route("/", self.index),
            Route("/api", self.about),
            *with_and_without_api("/tools", self.tools),
            *with_and_without_api("/openapi.json", self.openapi),
        ]

    async def index(self, request: Request) -> JSONResponse:  # noqa: ARG002
        return JSONResponse(
            {
                "name": "CodeB API",
                "version": codeb.__version__,
                "health": "/health",
                "tools": "/api/tools",
                "openapi": "/openapi.json",
            }
        )

    async def about(self, request: Request) -> JSONResponse:
        self.parts.gate(request)
        names = [tool.name for tool in TOOLS]
        return JSONResponse({"name": "CodeB API", "version": codeb.__version__, "tools": names, "features": _FEATURES})

    async def tools(self, request: Request) -> Response:
        self.parts.gate(request)
        return Response(await self.parts.lanes.run(Lane.READ, _tools), media_type=_JSON)

    async def openapi(self, request: Request) -> Response:  # noqa: ARG002
        return Response(await self.parts.lanes.run(Lane.READ, _openapi), media_type=_JSON)


@cache
def _tools() -> bytes:
    return orjson.dumps({"tools": [tool.described() for tool in TOOLS]})


@cache
def _openapi() -> bytes:
    return orjson.dumps(openapi.document())
