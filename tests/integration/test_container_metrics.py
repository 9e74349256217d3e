"""The exporter of containers as a process, in front of a socket that answers as the engine does."""

import json
import socketserver
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from deploys.rendering import TEMPLATES
from tests.integration.waiting import free_port, until

pytestmark = pytest.mark.integration

LABELS = {"codeb.project": "blog", "codeb.environment": "staging", "codeb.slot": "green"}
STATS = {
    "cpu_stats": {"cpu_usage": {"total_usage": 3e9}, "online_cpus": 2},
    "memory_stats": {"usage": 10, "limit": 100, "stats": {}},
}
ANSWERS: dict[str, object] = {
    "/containers/json": [{"Id": "c", "Labels": LABELS}, {"Id": "gone", "Labels": LABELS}],
    "/containers/c/stats": STATS,
    "/containers/c/json": {"HostConfig": {"NanoCpus": 5e8}},
}


class Engine(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = ANSWERS.get(self.path.partition("?")[0])
        self.send_response(404 if found is None else 200)
        body = json.dumps(found).encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "a unix socket"

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Path]:
    with socketserver.ThreadingUnixStreamServer(str(tmp_path / "docker.sock"), Engine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield tmp_path / "docker.sock"
        server.shutdown()


def scraped(port: int) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def exporter(engine: Path) -> Iterator[int]:
    port = free_port()
    program = TEMPLATES / "exporters" / "container_metrics.py"
    # As on the host: nothing but the standard library is there.
    command = [sys.executable, "-I", "-S", str(program), str(port), str(engine)]
    with subprocess.Popen(command) as process:
        until(lambda: _answers(port), "the exporter answers")
        yield port
        process.kill()


def _answers(port: int) -> bool:
    try:
        return bool(scraped(port))
    except OSError:
        return False


def test_it_tells_what_the_engine_says(exporter: int) -> None:
    status, text = scraped(exporter)
    labels = '{project="blog",environment="staging",slot="green"}'
    assert status == 200
    assert f"codeb_container_cpu_seconds_total{labels} 3.0\n" in text
    assert f"codeb_container_cpu_limit_cores{labels} 0.5\n" in text


def test_without_its_engine_it_is_down_and_comes_back(exporter: int, engine: Path) -> None:
    aside = engine.rename(engine.with_name("aside.sock"))
    assert scraped(exporter)[0] == 503
    aside.rename(engine)
    assert scraped(exporter)[0] == 200
