"""``POST /api/stream/token``: what a browser needs to follow a project's deployments on the streaming host.

Spec section 6; security 16: for one channel, ten minutes at most, and only for a project that the key may see.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from codeb.adapters.centrifugo import channel_of
from codeb.adapters.centrifugo_tokens import CentrifugoTokens
from codeb.api import envelope
from codeb.api.errors import BadRequest
from codeb.domain.access import AuthContext, Role
from codeb.domain.project import Project
from codeb.domain.records import iso
from codeb.errors import Unavailable
from codeb.services.protocols import Clock
from codeb.tools.params import ProjectParams, parse

PATH = "/api/stream/token"
NOT_HERE = (
    "this platform has no CODEB_CENTRIFUGO_URL and CODEB_CENTRIFUGO_TOKEN_SECRET; follow /api/logs/stream instead"
)


@dataclass(frozen=True, slots=True)
class StreamToken:
    """The route. ``project`` finds a project as the key sees it; ``url`` is where browsers connect.

    ``tokens`` is None where there is no streaming host.
    """

    project: Callable[[AuthContext, str], Project]
    tokens: CentrifugoTokens | None
    url: str
    clock: Clock

    async def answer(self, request: Request, auth: AuthContext) -> JSONResponse:
        """Raises Forbidden, InvalidInput, UnknownProject, Unavailable."""
        auth.require("logs.view", Role.VIEWER)
        if self.tokens is None:
            raise Unavailable("the streaming host", NOT_HERE)
        params, _ = parse(ProjectParams, _given(await request.body()))
        project = await asyncio.to_thread(self.project, auth, params.project_name)
        made = self.tokens(auth.key_id, channel_of(project.name), self.clock.now())
        record = {
            "projectName": project.name,
            "token": made.subscription,
            "connectionToken": made.connection,
            "channel": made.channel,
            "url": self.url,
            "expiresAt": iso(made.expires_at),
        }
        return envelope.success(request, record)


def public_url(domain: str, tls: str) -> str:
    """Centrifugo's WebSocket behind the streaming host's Caddy."""
    return f"{'ws' if tls == 'off' else 'wss'}://ws.{domain}/connection/websocket"


def _given(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(content, dict):
        raise BadRequest('the body is not a JSON object such as {"project": "blog"}')
    return {"projectName": content["project"], **content} if "project" in content else content
