"""``GET /api/setup/secrets``: what CI pushes images and keeps its build cache with. Lesson 12."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from codeb.api import envelope
from codeb.api.parts import Parts, with_and_without_api


@dataclass(frozen=True, slots=True)
class SecretsRoutes:
    """A tool like any other, so that whoever took the secrets stands in the audit."""

    parts: Parts

    def routes(self) -> list[Route]:
        return with_and_without_api("/setup/secrets", self.secrets)

    async def secrets(self, request: Request) -> Response:
        auth = self.parts.gate(request)
        project = request.query_params.get("projectName") or request.query_params.get("project")
        params = {"projectName": project} if project else {}
        return envelope.success(request, await self.parts.call(request, "setup_secrets", params, auth))
