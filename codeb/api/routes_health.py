"""``GET /health``: for everybody, without a key."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import codeb
from codeb.api import envelope
from codeb.api.parts import Parts
from codeb.tools.health import uptime


@dataclass(frozen=True, slots=True)
class HealthRoutes:
    parts: Parts

    def routes(self) -> list[Route]:
        return [Route("/health", self.health)]

    async def health(self, request: Request) -> JSONResponse:
        problems = self.parts.problems()
        client = request.query_params.get("v") or request.headers.get("X-Client-Version")
        return JSONResponse(
            {
                "status": "degraded" if problems else "healthy",
                "version": codeb.__version__,
                "timestamp": envelope.now(),
                "uptime": uptime(),
                "degraded": bool(problems),
                "problems": problems,
                "database": "available" if self.parts.watch.there else "away",
                **envelope.update_hint(client),
            }
        )
