"""For this host and its neighbours only: ``/metrics`` and ``/internal/tls``. Security 3."""

from dataclasses import dataclass
from functools import partial

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from codeb.api.errors import NotFound
from codeb.api.parts import Parts
from codeb.tools.tool import Lane


@dataclass(frozen=True, slots=True)
class InternalRoutes:
    parts: Parts

    def routes(self) -> list[Route]:
        return [Route("/metrics", self.metrics), Route("/internal/tls", self.may_have_certificate)]

    async def metrics(self, request: Request) -> Response:
        """For Prometheus, by way of the host's proxy of exporters. The door that Caddy publishes does not have it."""
        self._require_internal(request, passed_on=True)
        text = await self.parts.lanes.run(Lane.READ, partial(generate_latest, self.parts.metrics.registry))
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def may_have_certificate(self, request: Request) -> Response:
        """Caddy's question before it gets a certificate: only for names that a project has. Spec section 4."""
        self._require_internal(request)
        asked = partial(self.parts.services.hosts.known, request.query_params.get("domain", ""))
        known = await self.parts.lanes.run(Lane.READ, asked)
        return Response(status_code=200 if known else 404)

    def _require_internal(self, request: Request, *, passed_on: bool = False) -> None:
        if not self.parts.doors.is_internal(request, passed_on=passed_on):
            raise NotFound(f"there is nothing at {request.url.path}")
