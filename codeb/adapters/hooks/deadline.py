"""A socket with one deadline for everything that is done with it, and a bound on what is read."""

import io
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Any

_FIRST_CHOICES = 3.0
"""Seconds for an address while there are others to try."""


class Deadline:
    """The end of a delivery, set at its start."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Raises TimeoutError when nothing is left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left


class HurriedSocket:
    """What ``http.client`` uses of a socket."""

    def __init__(self, wrapped: socket.socket, deadline: Deadline, limit: int) -> None:
        self._socket, self._deadline, self._limit = wrapped, deadline, limit

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._socket.settimeout(self._deadline.left())
            rest = rest[self._socket.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_HurriedReader(self._socket, self._deadline, self._limit))

    def close(self) -> None:
        """The connection is done with it before its answer is read; whoever opened the socket closes it."""


class _HurriedReader(io.RawIOBase):
    """Ends where the limit is, as if the other side had said no more."""

    def __init__(self, wrapped: socket.socket, deadline: Deadline, limit: int) -> None:
        self._socket, self._deadline, self._left = wrapped, deadline, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            return 0
        self._socket.settimeout(self._deadline.left())
        taken = self._socket.recv_into(memoryview(buffer)[: self._left])
        self._left -= taken
        return taken


def connected(addresses: Sequence[str], host: str, port: int, tls: ssl.SSLContext, deadline: Deadline) -> ssl.SSLSocket:
    """TLS to one of these very addresses, verified for the name. Raises OSError."""
    plain = _connected(addresses, port, deadline)
    try:
        plain.settimeout(deadline.left())
        return tls.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _connected(addresses: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    for number, address in enumerate(addresses, start=1):
        last = number == len(addresses)
        seconds = deadline.left() if last else min(_FIRST_CHOICES, deadline.left())
        try:
            return socket.create_connection((address, port), timeout=seconds)
        except OSError:
            if last:
                raise
    raise OSError("there is no address to connect to")
