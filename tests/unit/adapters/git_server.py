"""A hosting service on loopback that answers as a test scripts it, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reply = tuple[int, Any, dict[str, str]]
SHA = "1" * 40


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class GitServer:
    """``replies`` is by "METHOD /path"; ``raw`` instead writes to the socket itself."""

    replies: dict[str, Callable[[Asked], Reply]] = field(default_factory=dict)
    raw: Callable[[Any], None] | None = None
    asked: list[Asked] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/api/v3"

    def reply(self, asked: Asked) -> Reply:
        answer = self.replies.get(f"{asked.method} {asked.path}")
        return answer(asked) if answer else (404, {"message": "Not Found"}, {})

    def on(self, request: str, answer: Any, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.replies[request] = lambda _: (status, answer, named)

    def close(self) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def pull(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "title": "a change",
        "state": "open",
        "html_url": f"https://git.test/{number}",
        "created_at": "2026-11-24T12:00:00Z",
        "updated_at": "2026-11-24T12:00:00Z",
        "head": {"ref": "topic", "sha": SHA, "repo": None},
        "base": {"ref": "main", "sha": SHA},
        "user": {"login": "ann"},
        "draft": False,
        "merged_at": None,
        "merge_commit_sha": SHA,
        **more,
    }


def _handler(server: GitServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            path = parts.path.removeprefix("/api/v3")
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            asked = Asked(self.command, path, query, dict(self.headers), body)
            server.asked.append(asked)
            if server.raw is not None:
                server.raw(self.wfile)
                return
            status, answer, headers = server.reply(asked)
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _answer

        def log_message(self, format: str, *args: object) -> None: ...

    return Handler
