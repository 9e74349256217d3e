"""The protocol's library in the server: loaded with the first request to ``/mcp``, ended with the server."""

import asyncio
import contextvars
import importlib
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from anyio import CancelScope
from starlette.requests import Request
from starlette.types import Receive, Send

from codeb.api.mcp.door import DispatchDoor
from codeb.api.parts import Parts
from codeb.api.trail import Origin
from codeb.domain.access import AuthContext
from codeb.services.protocols.trail import StreamEvent

if TYPE_CHECKING:
    from codeb.api.mcp.library import Library

_AUTH = "codeb.auth"


class McpHost:
    """Not for several threads: it belongs to the server's event loop."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._begun: asyncio.Future[Library] | None = None
        self._running: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._waits: set[CancelScope] = set()
        self._ending = False

    async def answer(self, auth: AuthContext, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request whose key was let in."""
        library = await self.begin()
        scope[_AUTH] = auth
        await library.answer(auth.key_id, scope, receive, send)

    async def finish(self) -> None:
        """Every session ends; work that has begun goes on."""
        self._end_waits()
        self._stop.set()
        if self._running is not None:
            await self._running

    def door(self, request: Request) -> DispatchDoor:
        return DispatchDoor(self._parts, request.scope[_AUTH], Origin.of(request), self.until_stop)

    async def begin(self) -> "Library":
        """The library, which is loaded the first time."""
        if self._begun is None:
            self._begun = asyncio.get_running_loop().create_future()
            self._running = asyncio.create_task(self._run(self._begun), context=contextvars.Context())
        return await asyncio.shield(self._begun)

    async def _run(self, begun: "asyncio.Future[Library]") -> None:
        try:
            module = await asyncio.to_thread(importlib.import_module, "codeb.api.mcp.library")
            library: Library = module.Library(self.door)
            self._listen_for_the_end()
            async with library.running():
                begun.set_result(library)
                await self._stop.wait()
        except Exception as error:
            if begun.done():
                raise
            self._begun = None
            begun.set_exception(error)

    def _listen_for_the_end(self) -> None:
        """The hub closes when the server is told to stop, before it waits for its open requests."""
        loop = asyncio.get_running_loop()

        def end() -> None:
            loop.call_soon_threadsafe(self._end_waits)

        self._parts.hub.subscribe(_none, end)

    @contextmanager
    def until_stop(self, scope: CancelScope) -> Iterator[None]:
        """``scope`` is cancelled when the server is told to stop, at once where it was."""
        self._waits.add(scope)
        if self._ending:
            scope.cancel()
        try:
            yield
        finally:
            self._waits.discard(scope)

    def _end_waits(self) -> None:
        self._ending = True
        for scope in list(self._waits):
            scope.cancel()


def _none(event: StreamEvent) -> bool:  # noqa: ARG001
    return False
