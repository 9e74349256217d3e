"""The servers that are measured, each a process of its own, stopped at the end of its block."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from bench.wrk import cpu_seconds
from tests.integration.waiting import free_port

_IDLE = 0.25
"""Seconds of CPU in a second."""
_START = 90.0
"""Seconds: a host of 600 environments looks at each of them before it answers."""


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int

    def call(self, key: str, tool: str, params: Mapping[str, object], timeout: float = 60) -> Mapping[str, Any]:
        """The answer; raises RuntimeError for one that is not a success, so that nobody measures refusals."""
        said = requests.post(
            f"http://127.0.0.1:{self.port}/api/tool",
            json={"tool": tool, "params": dict(params)},
            headers={"X-API-Key": key},
            timeout=timeout,
        )
        record: dict[str, Any] = said.json()
        if said.status_code != 200 or not record.get("success"):
            raise RuntimeError(f"{tool}: {said.status_code} {record}")
        return record

    def settle(self, seconds: float = 60) -> None:
        """Until it has little to do, or for so long: after a start it looks at every environment."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            begun = cpu_seconds(self.pid)
            time.sleep(1)
            if cpu_seconds(self.pid) - begun < _IDLE:
                return


@contextmanager
def floor() -> Iterator[Server]:
    """A bare route in a server of the same kind."""
    port = free_port()
    with _running([sys.executable, "-m", "bench.floor", str(port)], dict(os.environ), port) as pid:
        yield Server(port, pid)


@contextmanager
def serving(engine: Path, environ: Mapping[str, str]) -> Iterator[Server]:
    """``codeb serve`` with the engine at that socket."""
    port = free_port()
    addresses = {"CODEB_LISTEN": f"127.0.0.1:{port}", "CODEB_INTERNAL_LISTEN": f"127.0.0.1:{free_port()}"}
    command = [sys.executable, "-m", "bench.served", str(engine)]
    with _running(command, {**os.environ, **environ, **addresses}, port) as pid:
        yield Server(port, pid)


@contextmanager
def _running(argv: Sequence[str], environ: Mapping[str, str], port: int) -> Iterator[int]:
    with Path(os.environ.get("CODEB_BENCH_LOG", os.devnull)).open("a") as log:
        process = subprocess.Popen(argv, env=environ, stderr=log, stdout=log)
        try:
            _answering(process, port)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()


def _answering(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        try:
            requests.get(f"http://127.0.0.1:{port}/health", timeout=5)
        except requests.ConnectionError:
            if process.poll() is not None:
                raise
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")
