"""A server whose streams end when it is told to stop, so that they do not hold up its graceful end."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn

_SECONDS_TO_READ = 1.0


class EndingServer(uvicorn.Server):
    """``end_streams`` is called first; the connection of a reader that does not even read that is cut.

    ``flush`` is called last: after it the signal that ended the server ends the process.
    """

    def __init__(
        self, config: uvicorn.Config, end_streams: Callable[[], None], path: str, flush: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._end_streams, self._path, self._flush = end_streams, path, flush

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        cutting = asyncio.create_task(self._cut())
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()
            self._flush()

    async def _cut(self) -> None:
        await asyncio.sleep(_SECONDS_TO_READ)
        for connection in list(self.server_state.connections):
            scope, transport = getattr(connection, "scope", None), getattr(connection, "transport", None)
            if scope and transport and str(scope.get("path")).endswith(self._path):
                transport.abort()
