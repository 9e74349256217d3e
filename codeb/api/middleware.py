"""What every request passes before it reaches a route. Spec section 6."""

import random
import re
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codeb.api import log_context
from codeb.api.envelope import failure, internal_error
from codeb.api.errors import TooLarge
from codeb.api.headers import header
from codeb.api.metrics import Metrics
from codeb.domain.access import Forbidden
from codeb.errors import CodebError

_log = structlog.get_logger()
Endpoint = Callable[[Request], Awaitable[Response]]
_CORRELATION_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")
BODY_LIMIT = 10 * 1024**2

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SECURITY = tuple((name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items())
_ids = random.Random()  # noqa: S311  names a request in the log, and opens nothing


def told(event: str, **facts: object) -> None:
    """An entry of the log for a request."""
    _log.info(event, **facts)


def came_through_proxy(headers: Headers) -> bool:
    return any(name in headers for name in _FORWARDED)


@dataclass(frozen=True, slots=True)
class Passage:
    """Correlation id, request log, metrics, headers.

    An unforeseen error ends here, as a 500 with no stack.
    """

    app: ASGIApp
    metrics: Metrics
    routes: Collection[str]
    told: Callable[..., None] = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = _Visit(scope, send)
        log_context.begin(correlation_id=visit.correlation_id)
        self.metrics.active += 1
        try:
            await self.app(scope, receive, visit.send)
        except ClientDisconnect:
            visit.status = 499
        except Exception:  # noqa: BLE001  the last net: a person gets an id, the log gets the stack
            _log.exception("internal_error", path=scope["path"])
            if not visit.begun_to_answer:
                await internal_error(visit.correlation_id)(scope, receive, visit.send)
        finally:
            self.metrics.active -= 1
        self._record(scope, visit)

    def _record(self, scope: Scope, visit: "_Visit") -> None:
        seconds = time.perf_counter() - visit.begun
        route = scope["path"] if scope["path"] in self.routes else "other"
        self.metrics.answered(scope["method"], route, visit.status, seconds)
        self.told(
            "request",
            method=scope["method"],
            path=scope["path"][:200],
            status=visit.status,
            duration_ms=round(seconds * 1000, 1),
            client=client_address(scope),
        )


class _Visit:
    """One request on its way: its id, and what was answered so far."""

    def __init__(self, scope: Scope, send: Send) -> None:
        given = header(scope, b"x-correlation-id") or ""
        named = bool(_CORRELATION_ID.fullmatch(given))
        self.correlation_id = given if named else f"{_ids.getrandbits(64):016x}"
        self.begun = time.perf_counter()
        self.status = 0
        self.begun_to_answer = False
        self._send = send
        self._state: dict[str, Any] = scope.setdefault("state", {})
        self._state.update(correlation_id=self.correlation_id, named=named, begun=self.begun)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun_to_answer, self.status = True, message["status"]
            headers = [*message.get("headers", ()), (b"x-correlation-id", self.correlation_id.encode())]
            said = {name for name, _ in headers}
            headers += [each for each in _SECURITY if each[0] not in said]
            if allowance := self._state.get("allowance"):
                headers += allowance.headers
            message["headers"] = headers
        await self._send(message)


@dataclass(frozen=True, slots=True)
class NoProxy:
    """Development mode serves this machine only, so a request that a proxy passed on is refused. Security 3."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and came_through_proxy(Headers(scope=scope)):
            error = Forbidden("development mode answers no request that came through a proxy: set CODEB_ENV=production")
            await _answer(error, scope, receive, send)
            return
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """Counts while reading, so that a body without a length, or with a wrong one, is stopped as well."""

    app: ASGIApp
    limit: int = BODY_LIMIT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = header(scope, b"content-length") or ""
        if declared.isdigit() and int(declared) > self.limit:
            await _answer(TooLarge(self.limit), scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.limit:
                raise TooLarge(self.limit)
            return message

        await self.app(scope, counted, send)


@dataclass(frozen=True, slots=True)
class Straight:
    """What is asked most has no need of a table of routes, nor of a net for what others raise: it goes straight there.

    ``routes`` are in that table as well, for the refusal of another method.
    """

    app: ASGIApp
    routes: Collection[Route]
    _endpoints: Mapping[tuple[str, str], Endpoint] = field(init=False)

    def __post_init__(self) -> None:
        found = {(method, route.path): route.endpoint for route in self.routes for method in route.methods or ()}
        object.__setattr__(self, "_endpoints", found)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoints.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if endpoint is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            answer = await endpoint(request)
        except CodebError as error:
            answer = failure(request, error)
        await answer(scope, receive, send)


async def _answer(error: CodebError, scope: Scope, receive: Receive, send: Send) -> None:
    await failure(Request(scope, receive), error)(scope, receive, send)


def client_address(scope: Scope) -> str | None:
    """The last X-Forwarded-For entry where our own Caddy, on loopback, passed the request on; else the peer."""
    peer = scope["client"][0] if scope.get("client") else None
    forwarded = header(scope, b"x-forwarded-for")
    if forwarded and peer in ("127.0.0.1", "::1"):
        return forwarded.rsplit(",", 1)[-1].strip()[:64]
    return peer
