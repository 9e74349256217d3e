"""Requests to a site through the Caddy on this host, by the site's own name. Design section 4."""

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_CONNECT_TIMEOUT = 2.0
_READ_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site said of itself; ``slot`` and ``word`` are empty where it said nothing."""

    status: int
    slot: str
    word: str
    site_hash: str


class CertificateMissing(Exception):
    """The TLS handshake failed: for a new name the certificate may not have been issued yet."""


class _LoopbackTls(http.client.HTTPSConnection):
    """Connects to loopback and names the site in SNI. The certificate is not judged here, only who answers."""

    def __init__(self, host: str, port: int) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__(host, port, timeout=_READ_TIMEOUT, context=context)
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=_CONNECT_TIMEOUT)
        plain.settimeout(_READ_TIMEOUT)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except ssl.SSLError as error:
            plain.close()
            raise CertificateMissing(error.reason) from error


@dataclass(frozen=True, slots=True)
class SiteRequests:
    """``scheme`` is http where sites answer plainly on port 80, else https."""

    scheme: Literal["http", "https"]
    http_port: int = 80
    https_port: int = 443

    def get(self, host: str, path: str, headers: Mapping[str, str]) -> Answer:
        """Raises OSError or HTTPException when nothing answers, CertificateMissing when the handshake fails."""
        connection = self._connection(host)
        try:
            connection.request("GET", path, headers={"Host": host, "User-Agent": "codeb-probe", **headers})
            with connection.getresponse() as response:
                return Answer(
                    response.status,
                    response.headers.get("X-CodeB-Slot", ""),
                    response.headers.get("X-CodeB-Word", ""),
                    response.headers.get("X-CodeB-Site", ""),
                )
        finally:
            connection.close()

    def _connection(self, host: str) -> http.client.HTTPConnection:
        if self.scheme == "https":
            return _LoopbackTls(host, self.https_port)
        return http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=_READ_TIMEOUT)
