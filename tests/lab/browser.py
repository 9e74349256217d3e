"""Requests to a site by its name, wherever the name would lead."""

import http.client
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    slot: str
    body: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Browser:
    """Connects to ``address``; over TLS it trusts ``ca`` and nothing else."""

    address: str
    ca: Path

    def get(self, host: str, path: str = "/", *, secure: bool = False) -> Answer:
        connection = http.client.HTTPConnection(host, timeout=_PATIENCE)
        connection.sock = self._connect(host, secure=secure)
        try:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, headers.get("x-codeb-slot", ""), answer.read().decode(), headers)
        finally:
            connection.close()

    def _connect(self, host: str, *, secure: bool) -> socket.socket:
        plain = socket.create_connection((self.address, 443 if secure else 80), timeout=_PATIENCE)
        if not secure:
            return plain
        return ssl.create_default_context(cafile=str(self.ca)).wrap_socket(plain, server_hostname=host)
