"""A house's API behind a real server on loopback, for clients that speak HTTP."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from codeb.api.app import create_app
from tests.doors import House

_SECONDS = 20


class Server:
    """One for the whole run: starting one takes longer than what is asked of it. ``app`` is whose turn it is."""

    app: ASGIApp | None = None

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        config = uvicorn.Config(self._answer, interface="asgi3", lifespan="off", log_config=None, ws="none")
        self._loop = asyncio.new_event_loop()
        serving = uvicorn.Server(config).serve([self._listener])
        threading.Thread(target=self._loop.run_until_complete, args=(serving,), daemon=True).start()

    def wait(self, what: Awaitable[Any]) -> None:
        """Have it done where requests are answered."""

        async def done() -> None:
            await what

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(_SECONDS)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None, "no house is served"
        await self.app(scope, receive, send)


@cache
def _server() -> Server:
    return Server()


@contextmanager
def served(house: House) -> Iterator[str]:
    """The address of the house's API within the block; its streams end with it."""
    server = _server()
    app = create_app(house.services, house.keys, house.settings, house.watch, house.hub)
    lifespan = app.router.lifespan_context(app)
    server.wait(lifespan.__aenter__())
    server.app = app
    try:
        yield server.url
    finally:
        server.wait(lifespan.__aexit__(None, None, None))
        server.app = None
