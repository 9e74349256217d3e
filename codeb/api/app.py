"""The API as an ASGI application. Spec section 6."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import codeb
from codeb.adapters.clock import SystemClock
from codeb.adapters.keys import KeyRegistry
from codeb.api import envelope
from codeb.api.auth import Authenticator
from codeb.api.body import tool_call
from codeb.api.dispatch import Dispatch
from codeb.api.doors import Doors
from codeb.api.errors import MethodNotAllowed, NotFound, Unauthenticated
from codeb.api.lanes import Lanes
from codeb.api.metrics import Metrics, SlotStates
from codeb.api.middleware import BodyLimit, NoProxy, Passage
from codeb.api.rounds import Rounds
from codeb.api.watch import DatabaseWatch
from codeb.bootstrap import Services
from codeb.domain.access import AuthContext
from codeb.errors import CodebError
from codeb.settings import Settings
from codeb.tools.health import uptime
from codeb.tools.registry import TOOLS
from codeb.tools.tool import Lane

_FEATURES = ["blue-green-deployment", "slot-management", "project-initialization"]
_SOURCES = {"we-cli": "cli", "codeb-mcp": "mcp", "codeb-ci": "ci", "codeb-browser": "browser"}
_METHOD_NOT_ALLOWED = 405


@dataclass(slots=True)
class Api:
    """The routes and what they share."""

    services: Services
    keys: KeyRegistry
    authenticator: Authenticator
    doors: Doors
    watch: DatabaseWatch
    lanes: Lanes = field(default_factory=Lanes)
    metrics: Metrics = field(default_factory=Metrics)
    rounds: Rounds = field(init=False)

    def __post_init__(self) -> None:
        self.rounds = Rounds(self.services, self.metrics)

    def routes(self) -> list[Route]:
        return [
            Route("/", self.index),
            Route("/health", self.health),
            Route("/metrics", self.show_metrics),
            Route("/internal/tls", self.may_have_certificate),
            Route("/api", self.about),
            Route("/api/tools", self.tools),
            Route("/api/tool", self.tool, methods=["POST"]),
            Route("/tool", self.tool, methods=["POST"]),
        ]

    async def tool(self, request: Request) -> JSONResponse:
        auth = self._authenticate(request)
        name, params = await tool_call(request)
        dispatch = Dispatch(self.services, self.lanes, self.metrics)
        return envelope.success(request, await dispatch(name, params, auth, _source(request)))

    async def health(self, request: Request) -> JSONResponse:
        problems = self.problems()
        client = request.query_params.get("v") or request.headers.get("X-Client-Version")
        return JSONResponse(
            {
                "status": "degraded" if problems else "healthy",
                "version": codeb.__version__,
                "timestamp": envelope.now(),
                "uptime": uptime(),
                "degraded": bool(problems),
                "problems": problems,
                "database": "available" if self.watch.there else "away",
                **envelope.update_hint(client),
            }
        )

    async def index(self, request: Request) -> JSONResponse:  # noqa: ARG002
        return JSONResponse(
            {"name": "CodeB API", "version": codeb.__version__, "health": "/health", "tools": "/api/tools"}
        )

    async def about(self, request: Request) -> JSONResponse:
        self._authenticate(request)
        names = [tool.name for tool in TOOLS]
        return JSONResponse({"name": "CodeB API", "version": codeb.__version__, "tools": names, "features": _FEATURES})

    async def tools(self, request: Request) -> JSONResponse:
        self._authenticate(request)
        return JSONResponse({"tools": [tool.described() for tool in TOOLS]})

    async def show_metrics(self, request: Request) -> Response:
        """For Prometheus. The door that Caddy publishes does not have it."""
        if not self.doors.is_internal(request):
            raise NotFound("there is nothing at /metrics")
        text = await self.lanes.run(Lane.READ, lambda: generate_latest(self.metrics.registry))
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def may_have_certificate(self, request: Request) -> Response:
        """Caddy's question before it gets a certificate: only for names that a project has. Spec section 4."""
        if not self.doors.is_internal(request):
            raise NotFound("there is nothing at /internal/tls")
        known = await self.lanes.run(
            Lane.READ, partial(self.services.hosts.known, request.query_params.get("domain", ""))
        )
        return Response(status_code=200 if known else 404)

    def problems(self) -> list[str]:
        """What does not work right now; empty is healthy."""
        found = {"database": not self.watch.there, "keys": self.keys.problem is not None}
        return [part for part, away in found.items() if away]

    def _authenticate(self, request: Request) -> AuthContext:
        try:
            auth = self.authenticator(request)
        except Unauthenticated as error:
            self.metrics.auth_failures.labels(error.reason).inc()
            raise
        structlog.contextvars.bind_contextvars(key_id=auth.key_id, team_id=auth.team_id)
        return auth

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:  # noqa: ARG002
        following = asyncio.create_task(self.watch.follow(self.lanes))
        self.rounds.begin(self.watch.recover)
        try:
            yield
        finally:
            following.cancel()
            await asyncio.to_thread(self.rounds.finish)
            await self.lanes.finish()


def create_app(
    services: Services, keys: KeyRegistry, settings: Settings, watch: DatabaseWatch | None = None
) -> Starlette:
    """The application; run it in one process, its counters and its keys are in memory."""
    development = settings.env == "development"
    api = Api(
        services,
        keys,
        Authenticator(keys, SystemClock(), development),
        Doors.of(settings),
        watch or DatabaseWatch(services),
    )
    api.metrics.registry.register(SlotStates(services.status.all))
    api.metrics.degraded.set_function(lambda: bool(api.problems()))
    routes = api.routes()
    passage = Middleware(Passage, metrics=api.metrics, routes=frozenset(route.path for route in routes))
    return Starlette(
        routes=routes,
        middleware=[passage, *([Middleware(NoProxy)] if development else []), Middleware(BodyLimit)],
        exception_handlers={CodebError: envelope.as_failure, HTTPException: _as_failure},
        lifespan=api.lifespan,
    )


async def _as_failure(request: Request, error: Exception) -> JSONResponse:
    """Starlette's own refusals in our envelope."""
    path = request.url.path[:200]
    if isinstance(error, HTTPException) and error.status_code == _METHOD_NOT_ALLOWED:
        answer = envelope.failure(request, MethodNotAllowed(f"{path} does not answer to {request.method}"))
        answer.headers.update(error.headers or {})
        return answer
    return envelope.failure(request, NotFound(f"there is nothing at {path}"))


def _source(request: Request) -> str:
    """Which of our clients asks, by its own word: ``X-Client: we-cli/1.2.3``."""
    client = request.headers.get("X-Client", "").partition("/")[0]
    return _SOURCES.get(client, "api")
