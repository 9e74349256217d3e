"""What is asked of the engine for containers' logs, and how its answer is read."""

import json
import queue
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import docker
import pytest
from docker.errors import DockerException

from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.log_engine import Away, DockerLogs, Piece

LABELS = {
    "codeb.project": "blog",
    "codeb.environment": "production",
    "codeb.slot": "blue",
    "codeb.team": "team-a",
    "codeb.role": "slot",
}


def record(identity: str, name: str, state: str = "running", **labels: str) -> dict[str, Any]:
    return {"Id": identity, "Names": [f"/{name}"], "State": state, "Labels": {**LABELS, **labels}}


class _Engine(BaseHTTPRequestHandler):
    """Speaks as the engine does: a log is a chunked stream of frames, which here may be cut anywhere."""

    protocol_version = "HTTP/1.1"
    asked: "queue.Queue[tuple[str, dict[str, list[str]]]]"
    log: "queue.Queue[bytes]"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.asked.put((parts.path, parse_qs(parts.query)))
        answers: dict[str, Any] = {
            "/v1.41/containers/json": [
                record("c1", "blog-production-blue"),
                record("c2", "blog-production-green", "exited", **{"codeb.slot": "green"}),
                record("c3", "blog-production-blue.aside-dep_1"),
                record("c4", "blog-production-migration", **{"codeb.role": "once"}),
                {**record("c5", "x"), "Names": []},
            ],
            "/v1.41/containers/c1/json": {"Config": {"Env": ["PASSWORD=a=b", "EMPTY="]}},
        }
        if parts.path == "/v1.41/containers/c1/logs":
            self._log()
        elif parts.path in answers:
            self._answer(200, answers[parts.path])
        else:
            self._answer(404, {"message": "no such container"})

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _log(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while chunk := self.log.get(timeout=20):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def address_string(self) -> str:
        return "client"

    def log_message(self, format: str, *args: object) -> None: ...


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = False


@contextmanager
def engine(directory: Path) -> Iterator[DockerLogs]:
    _Engine.asked, _Engine.log = queue.Queue(), queue.Queue()
    path = directory / "engine.sock"
    with _Server(str(path), _Engine) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        logs = DockerLogs(lambda: connect(f"unix://{path}"))
        try:
            yield logs
        finally:
            _Engine.log.put(b"")
            logs.close()
            server.shutdown()
            thread.join()


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[DockerLogs]:
    with engine(tmp_path) as logs:
        yield logs


def frame(channel: int, content: bytes) -> bytes:
    return struct.pack(">BxxxL", channel, len(content)) + content


def test_only_containers_of_slots_have_logs_to_follow(logs: DockerLogs) -> None:
    blue, green = logs.sources()
    assert (blue.identity, blue.name, blue.project, blue.environment, blue.slot, blue.team_id, blue.running) == (
        "c1",
        "blog-production-blue",
        "blog",
        "production",
        "blue",
        "team-a",
        True,
    )
    assert (green.identity, green.slot, green.running) == ("c2", "green", False)


def test_a_containers_own_variables_are_known(logs: DockerLogs) -> None:
    assert logs.variables("c1") == {"PASSWORD": "a=b", "EMPTY": ""}


def test_the_channels_of_a_log_are_told_apart(logs: DockerLogs) -> None:
    whole = frame(1, b"out\n") + frame(2, b"err\n") + frame(1, b"x" * 20_000)
    for start in range(0, len(whole), 4_001):
        _Engine.log.put(whole[start : start + 4_001])
    _Engine.log.put(b"")
    pieces = list(logs.log("c1", 50, follow=False))
    assert pieces == [Piece(1, b"out\n"), Piece(2, b"err\n"), Piece(1, b"x" * 20_000)]
    path, asked = _Engine.asked.get_nowait()
    assert (path, asked["tail"], asked["follow"], asked["timestamps"]) == (
        "/v1.41/containers/c1/logs",
        ["50"],
        ["0"],
        ["1"],
    )


def test_a_log_that_is_followed_is_told_as_it_is_written_and_can_be_closed(logs: DockerLogs) -> None:
    stream = logs.log("c1", 0, follow=True)
    got: queue.Queue[Piece | None] = queue.Queue()

    def read() -> None:
        for piece in stream:
            got.put(piece)
        got.put(None)

    reader = threading.Thread(target=read)
    reader.start()
    for text in (b"one\n", b"two\n"):
        _Engine.log.put(frame(1, text))
        assert got.get(timeout=20) == Piece(1, text)
    stream.close()
    assert got.get(timeout=20) is None
    reader.join()
    stream.close()


def test_what_is_gone_and_an_engine_that_is_away_are_said(logs: DockerLogs) -> None:
    for ask in (lambda: logs.variables("c9"), lambda: logs.log("c9", 0, follow=True)):
        with pytest.raises(Away):
            ask()

    def nobody() -> docker.DockerClient:
        raise DockerException("connection refused")

    with pytest.raises(Away, match="connection refused"):
        DockerLogs(nobody).sources()
