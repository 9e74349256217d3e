"""HTTP probes of ports on loopback and of container addresses. No redirects are followed."""

import http.client
import re
import socket
import time
from dataclasses import dataclass
from enum import IntEnum

from codeb.services.protocols import ProbeTarget

_TIMEOUT = 5.0
_LONGEST_STATUS_LINE = 4096
_LONGEST_HEAD = 65536
_END_OF_HEAD = b"\r\n\r\n"
_INTERIM, _SWITCHING, _SUCCESS = 100, 101, 200
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r\n]")


class Stage(IntEnum):
    """How far a try came."""

    UNASKED = 0
    CLOSED = 1
    OPEN = 2
    ANSWERED = 3
    RIGHT = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """What one try saw; ``trouble`` is None when all is well."""

    stage: Stage
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """``timeout`` in seconds, for a try as a whole: a server that sends a byte now and then holds nobody up."""

    timeout: float = _TIMEOUT

    def answers(self, port: int, target: ProbeTarget) -> str | None:
        return self.look("127.0.0.1", port, target).trouble

    def look(self, host: str, port: int, target: ProbeTarget, within: float = _TIMEOUT) -> Seen:
        """Ask ``host:port`` for the target's path, once, in at most ``within`` seconds."""
        seconds = min(self.timeout, within)
        deadline = time.monotonic() + seconds
        request = f"GET {target.path} on port {port}"
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            return Seen(Stage.CLOSED, f"{request} failed: {error or type(error).__name__}")
        try:
            connection.request("GET", target.path, headers={"User-Agent": "codeb-probe", "Connection": "close"})
            status = _status(connection.sock, deadline)
        except TimeoutError:
            return Seen(Stage.OPEN, f"{request} had no answer within {seconds:.2g} s")
        except (OSError, http.client.HTTPException) as error:
            return Seen(Stage.OPEN, f"{request} failed: {error or type(error).__name__}")
        finally:
            connection.close()
        if status != target.status:
            return Seen(Stage.ANSWERED, f"{request} answered {status}, expected {target.status}")
        return Seen(Stage.RIGHT)


def _status(answering: socket.socket, deadline: float) -> int:
    """The status of the answer; raises TimeoutError at ``deadline``, HTTPException for what is not HTTP.

    Interim answers (1xx) before it are passed over.
    """
    received, wanted = b"", b"\n"
    while True:
        longest = _LONGEST_STATUS_LINE if wanted == b"\n" else _LONGEST_HEAD
        while wanted not in received and len(received) < longest:
            received += _more(answering, deadline)
        if (match := _STATUS_LINE.match(received)) is None:
            raise http.client.HTTPException("what answered does not speak HTTP/1")
        status = int(match[1])
        if not _INTERIM <= status < _SUCCESS or status == _SWITCHING:
            return status
        if wanted == b"\n":
            wanted = _END_OF_HEAD
        else:
            received, wanted = received.partition(_END_OF_HEAD)[2], b"\n"


def _more(answering: socket.socket, deadline: float) -> bytes:
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    answering.settimeout(left)
    if not (chunk := answering.recv(_LONGEST_STATUS_LINE)):
        raise ConnectionError("it closed the connection without an answer")
    return chunk
