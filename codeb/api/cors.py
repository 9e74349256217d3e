"""Which pages a browser lets talk to the API: those on a list, none by default. Spec section 6.

Starlette's own middleware is not used: what it adds never reaches a 500, and a page that is not on the list is told
what others may do.
"""

from collections.abc import Collection
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVERY_PAGE = "*"
_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": (
        "X-API-Key, Content-Type, X-Correlation-ID, X-Client-Version, X-Client, Last-Event-ID"
    ),
    "Access-Control-Max-Age": "600",
}
_EXPOSED = "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-Correlation-ID"


def allows(origins: Collection[str], scope: Scope) -> str | None:
    """The page that asks, if it is one that may."""
    origin = Headers(scope=scope).get("origin")
    return origin if origin and (origin in origins or EVERY_PAGE in origins) else None


@dataclass(frozen=True, slots=True)
class Cors:
    """The outermost: every answer, errors too, says to its page that it may be read."""

    app: ASGIApp
    origins: Collection[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        origin = allows(self.origins, scope)

        async def shared(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if origin:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Expose-Headers"] = _EXPOSED
            await send(message)

        await self.app(scope, receive, shared)


@dataclass(frozen=True, slots=True)
class Preflight:
    """Answers a browser that asks beforehand; it has no key yet."""

    app: ASGIApp
    origins: Collection[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "OPTIONS" and _asks_beforehand(scope):
            allowed = _ALLOWED if allows(self.origins, scope) else {}
            await Response(status_code=204, headers=allowed)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _asks_beforehand(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "origin" in headers and "access-control-request-method" in headers
