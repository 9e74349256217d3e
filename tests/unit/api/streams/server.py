"""The route behind a real server on this machine, and one who reads it."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from codeb.api import envelope
from codeb.api.metrics import Metrics
from codeb.api.middleware import Passage
from codeb.api.stream import PATH, Stream
from codeb.api.streams.ending import EndingServer
from codeb.domain.access import AuthContext
from codeb.errors import CodebError

_SECONDS = 20
_SEND_BUFFER = 16 * 1024
"""Bytes that the server's side of a connection takes: a reader who does not read is one soon."""


@dataclass
class Event:
    kind: str = ""
    id: str = ""
    data: Any = None
    comment: str = ""


@dataclass
class Reader:
    """One open stream."""

    connection: HTTPConnection
    status: int
    headers: dict[str, str]
    answer: Any

    def next(self) -> Event:
        """The next event or comment; raises EOFError at the end."""
        event, lines = Event(), 0
        while line := self.answer.readline().decode():
            if line == "\n":
                if event.kind or event.comment:
                    return event
                continue
            lines += 1
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "":
                event.comment = value
            elif name == "data":
                event.data = json.loads(value)
            elif name == "event":
                event.kind = value
            elif name == "id":
                event.id = value
        raise EOFError

    def messages(self, count: int) -> list[Any]:
        return [self.next().data["message"] for _ in range(count)]

    def to_the_end(self) -> list[Event]:
        found = []
        try:
            while True:
                found.append(self.next())
        except EOFError:
            return found


@dataclass
class Served:
    """``keys`` maps what a request's X-API-Key says to whose it is; another ``stream`` may take the place of this."""

    stream: Stream
    keys: dict[str, AuthContext]
    port: int = 0
    server: EndingServer = field(init=False)
    thread: threading.Thread = field(init=False)

    @contextmanager
    def running(self) -> Iterator["Served"]:
        app = Starlette(
            routes=[Route(PATH, self._answer)],
            middleware=[Middleware(Passage, metrics=Metrics(), routes=frozenset())],
            exception_handlers={CodebError: envelope.as_failure},
        )
        config = uvicorn.Config(app, lifespan="off", log_config=None, ws="none", timeout_graceful_shutdown=60)
        self.server = EndingServer(config, self._end_streams, PATH, flush=lambda: None)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            listener.listen()
            self.port = listener.getsockname()[1]
            self.thread = threading.Thread(target=self.server.run, args=([listener],))
            self.thread.start()
            try:
                yield self
            finally:
                self.stop()

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(_SECONDS)
        assert not self.thread.is_alive(), "the server did not end"

    @contextmanager
    def reader(self, key: str = "a", *, last: str = "", method: str = "GET", **query: Any) -> Iterator[Reader]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        headers = {"X-API-Key": key, **({"Last-Event-ID": last} if last else {})}
        try:
            connection.request(method, f"{PATH}?{urlencode(query)}", headers=headers)
            answer = connection.getresponse()
            with answer:
                yield Reader(connection, answer.status, dict(answer.getheaders()), answer)
        finally:
            connection.close()

    @contextmanager
    def following(self, key: str = "a", *, last: str = "", **query: Any) -> Iterator[Reader]:
        """A reader who has been told that it is connected."""
        with self.reader(key, last=last, **query) as reader:
            assert reader.status == 200
            assert reader.next().kind == "connected"
            yield reader

    def _end_streams(self) -> None:
        self.stream.hub.close()

    async def _answer(self, request: Request) -> Response:
        return await self.stream.answer(request, self.keys[request.headers["X-API-Key"]])
