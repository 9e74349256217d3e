"""Deployments reach the streaming host, and its absence holds up nobody."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import structlog

from codeb.adapters.centrifugo import CentrifugoPost, CentrifugoPublisher, NotPublished
from codeb.services.protocols.trail import StreamEvent
from codeb.settings import Secret
from tests.fakes.streams import told


@dataclass
class FakePost:
    """Keeps what is sent; ``tried`` gets an entry for each try."""

    sent: "queue.Queue[dict[str, Any]]" = field(default_factory=queue.Queue)
    away: bool = False
    tried: "queue.Queue[bool]" = field(default_factory=queue.Queue)

    def __call__(self, path: str, body: bytes) -> None:
        self.tried.put(self.away)
        if self.away:
            raise NotPublished("connection refused")
        self.sent.put({"path": path, **json.loads(body)})


@contextmanager
def publishing(post: Any, most: int = 100) -> Iterator[CentrifugoPublisher]:
    publisher = CentrifugoPublisher(post, most)
    publisher.begin()
    try:
        yield publisher
    finally:
        publisher.close()


def of_tool(tool: str, project: str | None = "blog") -> StreamEvent:
    return StreamEvent("log", "team-a", {"message": tool}, project, tool=tool)


def test_steps_and_log_entries_of_releases_go_to_the_projects_channel() -> None:
    post = FakePost()
    with publishing(post) as publisher:
        for other in (told("no project"), told("a line", project="blog"), of_tool("env_sync"), of_tool("deploy", None)):
            publisher.publish(other)
        publisher.publish(StreamEvent("deployment", "team-a", {"type": "deployment_step"}, "blog"))
        publisher.publish(of_tool("promote"))
        first, second = (post.sent.get(timeout=20) for _ in range(2))
    assert first == {
        "path": "/api/publish",
        "channel": "deployments:blog",
        "data": {"type": "deployment_step"},
    }
    assert (second["data"]["type"], second["data"]["message"]) == ("log", "promote")
    assert post.sent.empty()


def test_an_outage_is_said_once_and_what_was_lost_is_counted() -> None:
    post = FakePost(away=True)
    with structlog.testing.capture_logs() as logged, publishing(post) as publisher:
        for _ in range(3):
            publisher.publish(of_tool("deploy"))
            assert post.tried.get(timeout=20)
        post.away = False
        publisher.publish(of_tool("promote"))
        assert post.sent.get(timeout=20)["data"]["message"] == "promote"
    assert [each["event"] for each in logged] == ["streaming_host_away", "streaming_host_back"]
    assert publisher.lost == logged[1]["lost"] == 3


def test_a_streaming_host_that_hangs_blocks_nobody_who_publishes() -> None:
    begun, release = threading.Event(), threading.Event()

    def hangs(path: str, body: bytes) -> None:
        begun.set()
        assert release.wait(20)

    with publishing(hangs, most=5) as publisher:
        publisher.publish(of_tool("deploy"))
        assert begun.wait(20)
        for _ in range(20):
            publisher.publish(of_tool("deploy"))
        assert publisher.lost == 15
        release.set()


class _Host(BaseHTTPRequestHandler):
    answer: tuple[int, bytes] = (200, b'{"result": {}}')
    asked: "queue.Queue[tuple[str, str, bytes]]" = queue.Queue()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.put((self.path, self.headers["X-API-Key"], body))
        status, content = self.answer
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None: ...


@contextmanager
def host(status: int, content: bytes) -> Iterator[str]:
    _Host.answer, _Host.asked = (status, content), queue.Queue()
    with HTTPServer(("127.0.0.1", 0), _Host) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_key_travels_in_a_header_and_shows_nowhere() -> None:
    with host(200, b'{"result": {}}') as url:
        post = CentrifugoPost(url, Secret("the-key"))
        post("/api/publish", b"{}")
        post.close()
    assert _Host.asked.get_nowait() == ("/api/publish", "the-key", b"{}")
    assert "the-key" not in repr(post)


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (401, b"", "it answered 401"),
        (307, b"", "it answered 307"),
        (200, b'{"error": {"code": 102, "message": "unknown channel"}}', "unknown channel"),
        (200, b"not json", "JSONDecodeError"),
    ],
)
def test_what_the_streaming_host_refuses_is_not_published(status: int, content: bytes, said: str) -> None:
    with host(status, content) as url:
        post = CentrifugoPost(url, Secret("the-key"))
        with pytest.raises(NotPublished, match=said) as refused:
            post("/api/publish", b"{}")
        post.close()
    assert "the-key" not in str(refused.value)
