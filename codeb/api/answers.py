"""An answer leaves in one system call: its head waits for its body, which wakes the client once instead of twice."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class WholeAnswers:
    """A transport that keeps what opens an answer until the next write, or until the event loop's next turn."""

    __slots__ = ("_held", "_loop", "_transport", "_turn")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held = b""
        self._turn: asyncio.Handle | None = None

    def write(self, data: bytes) -> None:
        if held := self._held:
            self._held = b""
            self._transport.write(held + data)
        elif data.startswith(b"HTTP/1.1 "):
            self._held = data
            if self._turn is None:
                self._turn = self._loop.call_soon(self._passed)
        else:
            self._transport.write(data)

    def _passed(self) -> None:
        self._turn = None
        self._flush()

    def _flush(self) -> None:
        if held := self._held:
            self._held = b""
            self._transport.write(held)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class WholeAnswersProtocol(HttpToolsProtocol):
    """For uvicorn's ``http``."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, WholeAnswers(transport, self.loop)))
