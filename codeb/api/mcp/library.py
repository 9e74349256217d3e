"""The protocol's library, and what it is told of a request. Only this module of the server imports it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from codeb.api.headers import header
from codeb.api.mcp.sessions import IDLE, IN_TOTAL, Sessions
from codeb.api.middleware import BODY_LIMIT
from codeb.mcp.door import Door
from codeb.mcp.server import Context, server

_SESSION = b"mcp-session-id"
_VERSION = b"mcp-protocol-version"
_FIRST_REFUSAL = 400


class Library:
    """``door_of`` gives a request the door of the key that it came with."""

    def __init__(self, door_of: Callable[[Request], Door]) -> None:
        def door(context: Context) -> Door:
            if not isinstance(context.request, Request):
                raise TypeError("the library keeps no request")
            return door_of(context.request)

        self._sessions = Sessions()
        self._manager = StreamableHTTPSessionManager(
            server(door),
            session_idle_timeout=IDLE,
            max_sessions=IN_TOTAL,
            max_request_body_size=BODY_LIMIT,
        )

    def running(self) -> AbstractAsyncContextManager[None]:
        """Within it requests are answered; at its end every session ends."""
        return self._manager.run()

    async def answer(self, key_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises TooManySessions, and NotFound for a session that is not this key's."""
        scope["user"] = AuthenticatedUser(AccessToken(token="", client_id=key_id, scopes=[]))
        if header(scope, _VERSION) in MODERN_PROTOCOL_VERSIONS:
            await self._manager.handle_request(scope, receive, send)
        elif (session_id := header(scope, _SESSION)) is None:
            self._sessions.require_room(key_id)
            await self._manager.handle_request(scope, receive, self._noting(key_id, send))
        else:
            with self._sessions.used(session_id, key_id):
                await self._manager.handle_request(scope, receive, send)
            if scope["method"] == "DELETE":
                self._sessions.closed(session_id)

    def _noting(self, key_id: str, send: Send) -> Send:
        """Notes the session that an answer begins."""

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < _FIRST_REFUSAL:
                begun = dict(message.get("headers", ())).get(_SESSION)
                if begun is not None:
                    self._sessions.opened(begun.decode("latin-1"), key_id)
            await send(message)

        return noted
