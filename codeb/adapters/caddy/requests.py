"""Requests to a site through the Caddy on this host, by the site's own name. Design section 4."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

_CONNECT_TIMEOUT = 2.0
_READ_TIMEOUT = 5.0
_WHOLE_ANSWER = 10.0
"""Seconds for all of it, however slowly it drips."""
_MAX_BODY = 64 * 1024
_AGENT = "codeb-probe"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site said of itself; ``slot`` and ``word`` are empty where it said nothing."""

    status: int
    slot: str
    word: str
    site_hash: str


@dataclass(frozen=True, slots=True)
class Page:
    """An answer with the first 64 KiB of its body; ``milliseconds`` from the request to the end of what was read."""

    status: int
    body: str
    milliseconds: float


class CertificateMissing(Exception):
    """The TLS handshake failed: for a new name the certificate may not have been issued yet."""


class _Loopback(http.client.HTTPConnection):
    """Connects to loopback, whatever the name."""

    def __init__(self, host: str, port: int, patience: float) -> None:
        super().__init__(host, port, timeout=patience)
        self._patience = patience

    def connect(self) -> None:
        self.sock = socket.create_connection(("127.0.0.1", self.port), timeout=_CONNECT_TIMEOUT)
        self.sock.settimeout(self._patience)


class _LoopbackTls(_Loopback):
    """Names the site in SNI. The certificate is not judged here, only who answers."""

    def __init__(self, host: str, port: int, patience: float) -> None:
        super().__init__(host, port, patience)
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE

    def connect(self) -> None:
        super().connect()
        plain = self.sock
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
        connection = self._connection(host, _READ_TIMEOUT)
        try:
            with _cut_after(connection, _WHOLE_ANSWER):
                connection.request("GET", path, headers={"Host": host, "User-Agent": _AGENT, **headers})
                with connection.getresponse() as response:
                    return Answer(
                        response.status,
                        response.headers.get("X-CodeB-Slot", ""),
                        response.headers.get("X-CodeB-Word", ""),
                        response.headers.get("X-CodeB-Site", ""),
                    )
        finally:
            connection.close()

    def page(self, host: str, path: str, headers: Mapping[str, str], *, seconds: float) -> Page:
        """Raises as ``get`` does, and TimeoutError when the whole of it takes longer than ``seconds``."""
        connection = self._connection(host, seconds)
        try:
            with _cut_after(connection, seconds):
                connection.connect()
                begun = time.perf_counter()
                connection.request("GET", path, headers={"Host": host, "User-Agent": _AGENT, **headers})
                with connection.getresponse() as response:
                    body = response.read(_MAX_BODY)
                    took = (time.perf_counter() - begun) * 1000
                    return Page(response.status, body.decode(errors="replace"), took)
        finally:
            connection.close()

    def await_certificate(self, host: str, *, seconds: float) -> None:
        """Let Caddy have one issued on demand, which may take seconds; whether it did shows in the next request."""
        if self.scheme == "https":
            connection = self._connection(host, seconds)
            with contextlib.suppress(OSError, CertificateMissing):
                connection.connect()
            connection.close()

    def _connection(self, host: str, patience: float) -> http.client.HTTPConnection:
        made = (
            _LoopbackTls(host, self.https_port, patience)
            if self.scheme == "https"
            else _Loopback(host, self.http_port, patience)
        )
        made.response_class = _Final
        return made


class _Final(http.client.HTTPResponse):
    """The answer itself: interim ones (early hints, say) come before it, and http.client passes over 100 alone."""

    def begin(self) -> None:
        super().begin()
        while http.HTTPStatus.SWITCHING_PROTOCOLS < self.status < http.HTTPStatus.OK:
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()


@contextmanager
def _cut_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """A timeout of a socket is for each read; this one is for all of them, however slowly the answer drips."""
    over = threading.Event()

    def cut() -> None:
        over.set()
        with contextlib.suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if over.is_set():
            raise TimeoutError(f"no whole answer within {seconds:g} seconds") from error
        raise
    finally:
        timer.cancel()
        timer.join()
    if over.is_set():
        raise TimeoutError(f"no whole answer within {seconds:g} seconds")
