"""``codeb serve`` as a process: its listeners, its start without a database, its end. Spec section 6."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.domain.access import Role
from tests.doors import ENVIRON

pytestmark = pytest.mark.integration


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Server:
    """A running ``codeb serve`` whose database is away."""

    def __init__(self, root: Path, **environ: str) -> None:
        self.public, self.internal = (f"127.0.0.1:{free_port()}" for _ in range(2))
        for directory in ("registry/slots", "registry/projects", "journal", "locks", "env", "logs", "routes"):
            (root / directory).mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "codeb.cli.host", "serve"],
            env={
                **ENVIRON,
                "CODEB_ROOT": str(root),
                "CODEB_LISTEN": self.public,
                "CODEB_INTERNAL_LISTEN": self.internal,
                "CODEB_DB_HOST": "127.0.0.1",
                "CODEB_DB_PORT": str(free_port()),
                "CODEB_ENV_FILE": str(root / "absent.env"),
                **environ,
            },
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_ready(self) -> None:
        for _ in range(300):
            try:
                requests.get(f"http://{self.public}/health", timeout=1)
            except requests.ConnectionError:
                assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
                time.sleep(0.1)
            else:
                return
        raise AssertionError("it does not answer")

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=30)[1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    try:
        server.wait_ready()
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


def test_it_starts_without_a_database_and_serves_metrics_inside_only(server: Server, tmp_path: Path) -> None:
    assert requests.get(f"http://{server.public}/health", timeout=5).json()["status"] == "degraded"
    assert requests.get(f"http://{server.public}/metrics", timeout=5).status_code == 404
    inside = requests.get(f"http://{server.internal}/metrics", timeout=5)
    assert "codeb_degraded 1.0" in inside.text
    key = KeyMaker(tmp_path / "registry", SystemClock()).create("t", Role.VIEWER, name="test", by="me").text
    call = {"tool": "slot_list", "params": {}}
    answer = requests.post(f"http://{server.public}/api/tool", json=call, headers={"X-API-Key": key}, timeout=30)
    assert answer.json()["data"] == []
    assert "server" not in answer.headers


def test_its_warnings_are_read_from_the_stream_by_a_platform_key_and_nothing_secret_is_in_them(tmp_path: Path) -> None:
    maker = KeyMaker(tmp_path / "registry", SystemClock())
    operator = maker.create("ops", Role.OWNER, name="test", by="me", platform=True).text
    other = maker.create("team-a", Role.OWNER, name="test", by="me").text
    server = Server(tmp_path, CODEB_PROBE_SECRET="Connection refused")
    try:
        server.wait_ready()
        seen = {key: follow(server, key) for key in (operator, other)}
        log = server.stop()
    finally:
        server.process.kill()
        server.process.communicate()
    texts = {key: each.text for key, each in seen.items()}
    assert "Connection refused" in log
    assert '"message":"database_away"' in texts[operator]
    assert "***" in texts[operator]
    assert "Connection refused" not in texts[operator]
    assert "event: closing" in texts[other]
    assert "event: log" not in texts[other]


def follow(server: Server, key: str) -> requests.Response:
    """A stream that is open, from its first event on; what comes on it is read when it has ended."""
    answer = requests.get(
        f"http://{server.public}/api/logs/stream",
        headers={"X-API-Key": key, "Last-Event-ID": "deadbeef-0"},
        stream=True,
        timeout=30,
    )
    assert answer.status_code == 200
    return answer


def test_told_to_stop_it_stops_and_its_log_is_json_lines(server: Server) -> None:
    began = time.monotonic()
    log = server.stop()
    assert time.monotonic() - began < 10
    assert all(line.startswith("{") for line in log.splitlines()), log
    assert '"event":"serving"' in log
    assert '"event":"database_away"' in log


def test_development_mode_beside_keys_does_not_start(tmp_path: Path) -> None:
    KeyMaker(tmp_path / "registry", SystemClock()).create("t", Role.OWNER, name="test", by="me")
    server = Server(tmp_path, CODEB_ENV="development")
    assert server.process.wait(timeout=30) == 2
    assert "registered keys" in server.process.communicate()[1]


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = Server(tmp_path, CODEB_LISTEN=address)
        assert server.process.wait(timeout=30) == 2
    assert f"cannot listen on {address}" in server.process.communicate()[1]
