"""An engine at a socket of its own: it lists, shows and tells of containers, and makes none."""

import json
import queue
import re
import socketserver
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

_ONE = re.compile(r"/v[\d.]+/containers/([^/]+)/json")
_END = object()


@dataclass
class EngineProcess:
    """``containers`` maps a name to its state: ``running``, ``exited``, ...; ``asked`` are the paths in order."""

    socket: Path
    containers: dict[str, str] = field(default_factory=dict)
    health: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    streams: list["queue.Queue[Any]"] = field(default_factory=list)

    def happen(self, action: str, name: str, **attributes: str) -> None:
        """Tell whoever follows."""
        event = {
            "Type": "container",
            "Action": action,
            "Actor": {"ID": _identity(name), "Attributes": {"name": name, **labels(name), **attributes}},
            "timeNano": time.time_ns(),
        }
        for stream in list(self.streams):
            stream.put(event)

    def cut(self) -> None:
        """End every stream."""
        for stream in list(self.streams):
            stream.put(_END)

    @contextmanager
    def running(self) -> Iterator["EngineProcess"]:
        with self.served(Handler):
            yield self

    @contextmanager
    def served(self, handler: type["Handler"]) -> Iterator[None]:
        """By a handler that may know more than this one."""
        server = Server(str(self.socket), handler)
        server.engine = self
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.cut()
            server.shutdown()
            server.server_close()
            thread.join()
            self.socket.unlink(missing_ok=True)


def labels(name: str) -> Mapping[str, str]:
    project, environment, _ = (*name.rsplit("-", 2), "", "")[:3]
    return {
        "codeb.project": project,
        "codeb.environment": environment,
        "codeb.deployment": f"dep_{name}",
        "codeb.role": "slot",
    }


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    engine: EngineProcess


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        engine, path = self.server.engine, self.path.partition("?")[0]
        engine.asked.append(path)
        if path.endswith("/events"):
            self._stream()
        elif path.endswith("/containers/json"):
            self._answer(200, self.listed())
        elif (match := _ONE.fullmatch(path)) and (name := _named(engine, match[1])):
            self._answer(200, _shown(engine, name))
        else:
            self._answer(404, {"message": "No such container"})

    def listed(self) -> list[dict[str, Any]]:
        return [_listed(self.server.engine, name) for name in self.server.engine.containers]

    def _answer(self, status: int, record: object) -> None:
        body = json.dumps(record).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        told: queue.Queue[Any] = queue.Queue()
        self.server.engine.streams.append(told)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        try:
            while (event := told.get()) is not _END:
                line = json.dumps(event).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass
        finally:
            self.server.engine.streams.remove(told)

    def address_string(self) -> str:
        return "socket"

    def log_message(self, format: str, *args: object) -> None: ...


def _identity(name: str) -> str:
    return name.encode().hex()


def _named(engine: EngineProcess, asked: str) -> str | None:
    return next((name for name in engine.containers if asked in (name, _identity(name))), None)


def _listed(engine: EngineProcess, name: str) -> dict[str, Any]:
    health = engine.health.get(name)
    status = f"Up 2 minutes ({health})" if health else "Up 2 minutes"
    return {
        "Id": _identity(name),
        "Names": [f"/{name}"],
        "Image": f"registry.test/{name}@sha256:1",
        "State": engine.containers[name],
        "Status": status if engine.containers[name] == "running" else "Exited (1) 3 minutes ago",
        "Labels": labels(name),
    }


def _shown(engine: EngineProcess, name: str) -> dict[str, Any]:
    health = engine.health.get(name)
    return {
        "Id": _identity(name),
        "Name": f"/{name}",
        "Config": {"Image": f"registry.test/{name}@sha256:1", "Labels": labels(name)},
        "State": {
            "Status": engine.containers[name],
            "Running": engine.containers[name] in ("running", "paused", "restarting"),
            **({"Health": {"Status": health}} if health else {}),
        },
    }
