#!/usr/bin/python3
"""Prometheus metrics of the projects' containers on loopback, asked of the engine when a scrape comes.

Written by CodeB's bootstrap. The standard library alone: a host has no other packages.
Arguments: port, engine's socket.
"""

import http.client
import json
import socket
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

LABELS = ("project", "environment", "slot")
LISTED = "/containers/json?filters=" + quote(json.dumps({"label": [f"codeb.{label}" for label in LABELS]}))
FAMILIES = {
    "codeb_container_cpu_seconds_total": ("counter", "CPU time that the container has used"),
    "codeb_container_cpu_limit_cores": ("gauge", "Cores that it may use"),
    "codeb_container_memory_bytes": ("gauge", "Memory that it uses, without what the kernel can take back"),
    "codeb_container_memory_limit_bytes": ("gauge", "Memory that it may use"),
}
ONCE = "once"
"""The role of a container that runs one command, a migration say, beside its slot's."""
PATIENCE = 8
"""Seconds for the engine's answer; Prometheus waits ten."""

Ask = Callable[[str], Any]


class Gone(Exception):
    """There is no such container any more."""


class EngineConnection(http.client.HTTPConnection):
    """HTTP over the engine's Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)

    def ask(self, path: str) -> Any:
        """Raises Gone, or OSError for any other answer that is not a good one."""
        self.request("GET", path)
        answer = self.getresponse()
        body = answer.read()
        if answer.status == http.client.NOT_FOUND:
            raise Gone
        if answer.status != http.client.OK:
            raise OSError(f"the engine answered {answer.status} to {path}")
        return json.loads(body)


def text(ask: Ask) -> str:
    """All of it in Prometheus's format; a container that ends meanwhile is left out."""
    samples: dict[tuple[str, str], float] = {}
    for container in ask(LISTED):
        found = container["Labels"]
        if found.get("codeb.role") == ONCE:
            continue
        labels = ",".join(f'{label}="{found[f"codeb.{label}"]}"' for label in LABELS)
        try:
            samples.update(((name, labels), value) for name, value in _measured(ask, container["Id"]))
        except Gone:
            continue
    return "".join(_family(name, samples) for name in FAMILIES)


def _measured(ask: Ask, identity: str) -> Iterator[tuple[str, float]]:
    stats = ask(f"/containers/{identity}/stats?stream=false&one-shot=true")
    host = ask(f"/containers/{identity}/json")["HostConfig"]
    cpu, memory = stats["cpu_stats"], stats["memory_stats"]
    yield "codeb_container_cpu_seconds_total", cpu["cpu_usage"]["total_usage"] / 1e9
    yield "codeb_container_cpu_limit_cores", host.get("NanoCpus", 0) / 1e9 or cpu.get("online_cpus", 0)
    if "usage" in memory:
        yield "codeb_container_memory_bytes", memory["usage"] - _reclaimable(memory.get("stats", {}))
        yield "codeb_container_memory_limit_bytes", memory["limit"]


def _reclaimable(stats: dict[str, int]) -> int:
    """The page cache that nothing used lately: under this name in cgroups 2, under the other in cgroups 1."""
    return stats.get("total_inactive_file", stats.get("inactive_file", 0))


def _family(name: str, samples: dict[tuple[str, str], float]) -> str:
    kind, about = FAMILIES[name]
    lines = [f"{name}{{{labels}}} {value}\n" for (sample, labels), value in samples.items() if sample == name]
    return f"# HELP {name} {about}.\n# TYPE {name} {kind}\n" + "".join(lines)


class Handler(BaseHTTPRequestHandler):
    engine = ""

    def do_GET(self) -> None:
        """``/metrics``; 503 while the engine is away, so that Prometheus sees the target as down."""
        connection = EngineConnection(self.engine)
        try:
            status, body = http.client.OK, text(connection.ask)
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            status, body = http.client.SERVICE_UNAVAILABLE, f"{type(error).__name__}: {error}\n"
        finally:
            connection.close()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A scrape every 15 seconds is nothing to write down."""


if __name__ == "__main__":
    Handler.engine = sys.argv[2]
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
