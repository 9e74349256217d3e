"""The API as an ASGI application: its parts, its routes, what a request passes. Spec section 6."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from codeb.adapters.clock import SystemClock
from codeb.adapters.keys import KeyRegistry
from codeb.api import envelope
from codeb.api.auth import Authenticator
from codeb.api.collectors import CaddyReloads, SlotHealth, SlotStates, healths
from codeb.api.compat import CompatRoutes
from codeb.api.cors import EVERY_PAGE, Cors, Preflight
from codeb.api.doors import Doors
from codeb.api.errors import MethodNotAllowed, NotFound
from codeb.api.gate import Gate
from codeb.api.limits import Guesses
from codeb.api.mcp.host import McpHost
from codeb.api.metrics import Metrics
from codeb.api.middleware import BodyLimit, NoProxy, Passage, Straight, told
from codeb.api.parts import Parts
from codeb.api.rounds import Rounds
from codeb.api.routes_about import AboutRoutes
from codeb.api.routes_audit import AuditRoutes
from codeb.api.routes_health import HealthRoutes
from codeb.api.routes_internal import InternalRoutes
from codeb.api.routes_mcp import McpRoutes
from codeb.api.routes_registry import RegistryRoutes
from codeb.api.routes_stream import StreamRoutes
from codeb.api.routes_tool import ToolRoutes
from codeb.api.routes_web import WebRoutes
from codeb.api.secrets import SecretsRoutes
from codeb.api.streams.hub import Hub
from codeb.api.watch import DatabaseWatch
from codeb.bootstrap import Services
from codeb.errors import CodebError
from codeb.settings import Settings

_METHOD_NOT_ALLOWED = 405
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def create_app(
    services: Services,
    keys: KeyRegistry,
    settings: Settings,
    watch: DatabaseWatch | None = None,
    hub: Hub | None = None,
    *,
    told: Callable[..., None] = told,
) -> Starlette:
    """The application; run it in one process, its counters and its keys are in memory. ``told`` logs each request."""
    metrics = Metrics()
    authenticator = Authenticator(keys, SystemClock(), Guesses(), settings.env == "development")
    gate = Gate(authenticator, metrics)
    parts = Parts(services, keys, gate, Doors.of(settings), watch or DatabaseWatch(services), metrics, hub or Hub())
    _observe(parts)
    tools, mcp = ToolRoutes(parts).routes(), McpHost(parts)
    found = [*tools, *routes(parts, mcp)]
    passage = Middleware(Passage, metrics=metrics, routes=frozenset(route.path for route in found), told=told)
    return Starlette(
        routes=found,
        middleware=_middleware(settings, passage, tools),
        exception_handlers={
            CodebError: envelope.as_failure,
            HTTPException: _as_failure,
        },
        lifespan=_lifespan(parts, mcp),
    )


def routes(parts: Parts, mcp: McpHost) -> list[Route]:
    return [
        *AboutRoutes(parts).routes(),
        *HealthRoutes(parts).routes(),
        *InternalRoutes(parts).routes(),
        *CompatRoutes(parts).routes(),
        *SecretsRoutes(parts).routes(),
        *AuditRoutes(parts).routes(),
        *StreamRoutes.of(parts).routes(),
        *RegistryRoutes.of(parts).routes(),
        *McpRoutes.of(parts, mcp).routes(),
        *WebRoutes.read().routes(),
    ]


def _observe(parts: Parts) -> None:
    """Let what happens elsewhere be counted here."""
    services, metrics = parts.services, parts.metrics
    metrics.degraded.set_function(lambda: bool(parts.problems()))
    metrics.registry.register(SlotStates(services.status.all))
    metrics.registry.register(SlotHealth(lambda: healths(services)))
    metrics.registry.register(CaddyReloads(lambda: services.reloads.count))
    metrics.audit_spool.set_function(services.trail.size)
    services.database.timing.heard = metrics.queried
    parts.hub.cover = services.known.cover


def _middleware(settings: Settings, passage: Middleware, straight: list[Route]) -> list[Middleware]:
    """From the outermost in."""
    development = settings.env == "development"
    origins = frozenset(settings.cors_origins or ([EVERY_PAGE] if development else []))
    return [
        *([Middleware(Cors, origins=origins)] if origins else []),
        passage,
        *([Middleware(NoProxy)] if development else []),
        *([Middleware(Preflight, origins=origins)] if origins else []),
        Middleware(BodyLimit),
        Middleware(Straight, routes=straight),
    ]


def _lifespan(parts: Parts, mcp: McpHost) -> Lifespan:
    services = parts.services
    rounds = Rounds(services, parts.metrics, parts.keys)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001
        following = asyncio.create_task(parts.watch.follow(parts.lanes))
        services.trail.begin()
        if services.streaming is not None:
            parts.hub.on_event(services.streaming.publish, services.streaming.wants)
            services.streaming.begin()
        rounds.begin(parts.watch.recover)
        try:
            yield
        finally:
            parts.hub.close()
            await mcp.finish()
            following.cancel()
            await asyncio.to_thread(rounds.finish)
            await parts.lanes.finish()
            await asyncio.to_thread(services.trail.close)  # a server that is told to stop may not come further

    return lifespan


async def _as_failure(request: Request, error: Exception) -> JSONResponse:
    """Starlette's own refusals in our envelope."""
    path = request.url.path[:200]
    if isinstance(error, HTTPException) and error.status_code == _METHOD_NOT_ALLOWED:
        answer = envelope.failure(request, MethodNotAllowed(f"{path} does not answer to {request.method}"))
        answer.headers.update(error.headers or {})
        return answer
    return envelope.failure(request, NotFound(f"there is nothing at {path}"))
