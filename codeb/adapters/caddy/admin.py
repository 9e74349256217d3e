"""Caddy's admin API on its unix socket."""

import http.client
import json
import socket
from dataclasses import dataclass

from codeb.errors import Unavailable
from codeb.services.errors import SiteRefused

_TIMEOUT = 60.0


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
        connection = _UnixConnection(self.socket_path)
        try:
            connection.request("POST", "/load", caddyfile.encode(), {"Content-Type": "text/caddyfile"})
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable("Caddy", f"its admin socket {self.socket_path}: {error}") from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise SiteRefused(f"Caddy did not accept the configuration: {_reason(body)}")


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:500]
