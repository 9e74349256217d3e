"""Containers of the stand-in engine: each is a web server that is well, and a record as a real engine tells it."""

import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Hello(BaseHTTPRequestHandler):
    """What runs in a container: it is well."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


class _Door(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A probe that has seen enough hangs up."""


@dataclass
class Made:
    """A container that somebody asked for; ``address`` is its own, on loopback."""

    name: str
    asked: Mapping[str, Any]
    address: str
    identity: str = field(default_factory=lambda: uuid.uuid4().hex)
    restart: Mapping[str, Any] = field(default_factory=lambda: {"Name": "no"})
    doors: list[_Door] = field(default_factory=list)

    def start(self) -> None:
        for door in self._addresses() if not self.doors else ():
            server = _Door(door, _Hello)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            self.doors.append(server)

    def stop(self) -> None:
        while self.doors:
            door = self.doors.pop()
            door.shutdown()
            door.server_close()

    def _addresses(self) -> Iterator[tuple[str, int]]:
        for inner, bindings in self.asked["HostConfig"]["PortBindings"].items():
            yield self.address, int(inner.partition("/")[0])
            yield from ((each["HostIp"], int(each["HostPort"])) for each in bindings)

    def record(self) -> dict[str, Any]:
        """As an inspect tells it: what was asked, and what a real engine adds."""
        host, runs = self.asked["HostConfig"], bool(self.doors)
        return {
            "Id": self.identity,
            "Name": f"/{self.name}",
            "Config": {key: value for key, value in self.asked.items() if key != "HostConfig"},
            "HostConfig": {**host, "RestartPolicy": self.restart, "MaskedPaths": ["/proc"], "ReadonlyPaths": ["/sys"]},
            "Mounts": [],
            "State": {"Status": "running" if runs else "exited", "Running": runs, "ExitCode": 0, "Pid": 0},
            "NetworkSettings": {
                "Networks": {host["NetworkMode"]: {"IPAddress": self.address if runs else ""}},
                "Ports": host["PortBindings"] if runs else {},
            },
        }

    def listed(self) -> dict[str, Any]:
        return {
            "Id": self.identity,
            "ImageID": "sha256:1",
            "Names": [f"/{self.name}"],
            "Image": self.asked["Image"],
            "State": "running" if self.doors else "exited",
            "Status": "Up 2 minutes" if self.doors else "Exited (0) 3 minutes ago",
            "Labels": self.asked["Labels"],
        }
