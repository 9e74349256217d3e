"""Questions to a site end, whatever is behind it, and take its answer for the answer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from codeb.adapters.caddy import requests
from codeb.adapters.caddy.requests import SiteRequests
from tests.unit.adapters.test_probe import server

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-CodeB-Slot: green\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nX-CodeB-Slot: hint\r\n\r\n"


def test_early_hints_are_passed_over() -> None:
    with server(HINTS + HINTS, ANSWER) as (port, _):
        answer = SiteRequests("http", http_port=port).get("blog.test", "/", {})
    assert (answer.status, answer.slot) == (200, "green")


@contextmanager
def dripping() -> Iterator[int]:
    """Promises an answer again and again and never gives one."""
    ended = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            while not ended.wait(0.05):
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def test_an_application_that_never_comes_to_the_point_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "_WHOLE_ANSWER", 0.4)
    with dripping() as port, pytest.raises(TimeoutError, match="no whole answer"):
        SiteRequests("http", http_port=port).get("blog.test", "/", {})
