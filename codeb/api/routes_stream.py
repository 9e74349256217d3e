"""``GET /api/logs/stream`` and ``POST /api/stream/token``: what happens, as it happens. Spec section 6, "SSE"."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from codeb.adapters.centrifugo_tokens import CentrifugoTokens
from codeb.adapters.clock import SystemClock
from codeb.api.parts import Parts, with_and_without_api
from codeb.api.stream import Stream
from codeb.api.stream_token import StreamToken, public_url
from codeb.api.streams.places import Places
from codeb.api.streams.visible import ProjectFinder
from codeb.domain.access import AuthContext


@dataclass(frozen=True, slots=True)
class StreamRoutes:
    parts: Parts
    stream: Stream
    token: StreamToken

    @classmethod
    def of(cls, parts: Parts) -> "StreamRoutes":
        settings = parts.services.settings
        tokens = CentrifugoTokens(settings.centrifugo_token_secret) if settings.centrifugo_url else None
        project = ProjectFinder(parts.services)

        def still_allowed(request: Request, auth: AuthContext) -> bool:  # noqa: ARG001
            return parts.gate.still(request)

        def quota(team_id: str) -> int | None:
            return parts.services.quotas.of(team_id).streams

        return cls(
            parts,
            Stream(parts.hub, project, still_allowed, parts.services.container_logs, Places(quota)),
            StreamToken(project, tokens, public_url(settings.domain, settings.tls), SystemClock()),
        )

    def routes(self) -> list[Route]:
        return [
            *with_and_without_api("/logs/stream", self.follow),
            *with_and_without_api("/stream/token", self.make_token, ["POST"]),
        ]

    async def follow(self, request: Request) -> Response:
        return await self.stream.answer(request, self.parts.gate(request))

    async def make_token(self, request: Request) -> Response:
        return await self.token.answer(request, self.parts.gate(request))
