"""What the routes share. Spec section 6."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from codeb.adapters.keys import KeyRegistry
from codeb.api.dispatch import Dispatch
from codeb.api.doors import Doors
from codeb.api.gate import Gate
from codeb.api.headers import header
from codeb.api.lanes import Lanes
from codeb.api.metrics import Metrics
from codeb.api.streams.hub import Hub
from codeb.api.telling import audit_of
from codeb.api.trail import Origin
from codeb.api.watch import DatabaseWatch
from codeb.bootstrap import Services
from codeb.domain.access import AuthContext
from codeb.tools.results import Record

Endpoint = Callable[[Request], Awaitable[Response]]
_SOURCES = {
    "we-cli": "cli",
    "codeb-mcp": "mcp",
    "codeb-ci": "ci",
    "codeb-browser": "browser",
    "codeb-python": "python",
}


@dataclass(frozen=True, slots=True)
class Parts:
    services: Services
    keys: KeyRegistry
    gate: Gate
    doors: Doors
    watch: DatabaseWatch
    metrics: Metrics
    hub: Hub
    lanes: Lanes = field(default_factory=Lanes)
    dispatch: Dispatch = field(init=False)

    def __post_init__(self) -> None:
        dispatch = Dispatch(self.services, self.lanes, self.metrics, audit_of(self.services), self.hub)
        object.__setattr__(self, "dispatch", dispatch)

    async def call(self, request: Request, name: str, params: Mapping[str, Any], auth: AuthContext) -> Record:
        """Call a tool for a request; raises what the dispatch raises."""
        return await self.dispatch(name, params, auth, source(request), Origin.of(request))

    def problems(self) -> list[str]:
        """What does not work right now; empty is healthy."""
        found = {"database": not self.watch.there, "keys": self.keys.problem is not None}
        return [part for part, away in found.items() if away]


def with_and_without_api(path: str, endpoint: Endpoint, methods: Collection[str] = ("GET",)) -> list[Route]:
    """Clients' address of the API ends in ``/api`` or does not."""
    return [Route(f"/api{path}", endpoint, methods=methods), Route(path, endpoint, methods=methods)]


def source(request: Request) -> str:
    """Which of our clients asks, by its own word: ``X-Client: we-cli/1.2.3``."""
    client = header(request.scope, b"x-client")
    return _SOURCES.get(client.partition("/")[0], "api") if client else "api"
