"""Caddy's admin API on its unix socket."""

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from codeb.errors import Unavailable
from codeb.services.errors import SiteRefused

_TIMEOUT = 60.0
_SAID = 500


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("127.0.0.1", timeout=_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True, slots=True)
class CaddyAdmin:
    """``socket_path`` is Caddy's ``admin`` address without ``unix/``."""

    socket_path: str

    def load(self, caddyfile: str) -> None:
        """Load a configuration, which is its validation too; raises SiteRefused with nothing changed."""
        status, body = self._ask("POST", "/load", caddyfile.encode(), {"Content-Type": "text/caddyfile"})
        if status != http.HTTPStatus.OK:
            raise SiteRefused(f"Caddy did not accept the configuration: {_reason(body)}")

    def metrics(self) -> str:
        """Caddy's own counters, in the text format of Prometheus. Raises Unavailable."""
        status, body = self._ask("GET", "/metrics")
        if status != http.HTTPStatus.OK:
            raise Unavailable("Caddy", f"its admin socket answered {status} to /metrics: {_reason(body)}")
        return body.decode()

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = _UnixConnection(self.socket_path)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable("Caddy", f"its admin socket {self.socket_path}: {error}") from error
        finally:
            connection.close()


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:_SAID]
