"""A server on loopback that answers what a test tells it to, one request after the other."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TABLE = {
    "tools": [
        {"name": "slot_list", "aliases": [], "changes": False},
        {"name": "deployment_list", "aliases": [], "changes": False},
        {"name": "deploy", "aliases": ["deploy_project"], "changes": True},
    ]
}


@dataclass(frozen=True)
class Said:
    """An answer; ``cut`` ends the connection without one, when the request was read."""

    body: Any = field(default_factory=lambda: {"success": True})
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


CUT = Said(cut=True)


@dataclass(frozen=True)
class Heard:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Scripted:
    """``script`` holds the answers to tool calls, the last one for ever; ``streams`` the bodies of the streams."""

    script: list[Said] = field(default_factory=list)
    streams: list[bytes] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    url: str = ""

    def calls(self, tool: str) -> list[Heard]:
        return [each for each in self.heard if each.body and each.body.get("tool") == tool]

    def answer(self, heard: Heard) -> Said:
        self.heard.append(heard)
        if heard.path.partition("?")[0] == "/api/tools":
            return Said(TABLE)
        if heard.path.startswith("/api/logs/stream"):
            return Said(self.streams.pop(0), headers={"Content-Type": "text/event-stream"}) if self.streams else CUT
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@contextmanager
def scripted(*script: Said, plot: Scripted | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Answer by the script, or as a plot of the test's own does."""
    found = plot or Scripted(list(script))

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            said = found.answer(Heard(self.command, self.path, dict(self.headers.items()), body))
            if said.cut:
                self.close_connection = True
                return
            content = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _do

        def log_message(self, *arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    found.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
