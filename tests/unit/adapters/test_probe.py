"""A probe asks once, follows nothing, and is bounded as a whole."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from codeb.adapters.probe import HttpProbe, Stage
from codeb.services.protocols import ProbeTarget

TARGET = ProbeTarget("/health", 200, 60)


@contextmanager
def server(*pieces: bytes, hold: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """Answers every connection with ``pieces``, then closes it, or holds it until the end; what it was asked."""
    ended, asked = threading.Event(), []

    def serve(listener: socket.socket) -> None:
        while not ended.is_set():
            connection, _ = listener.accept()
            with connection, suppress(ConnectionError):
                asked.append(connection.recv(4096))
                for piece in pieces:
                    connection.sendall(piece)
                if hold:
                    ended.wait(30)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield port, asked
        finally:
            ended.set()
            socket.create_connection(("127.0.0.1", port)).close()
            thread.join()


def test_the_right_status_is_no_trouble() -> None:
    with server(b"HTTP/1.1 200 OK\r\n\r\n") as (port, asked):
        seen = HttpProbe().look("127.0.0.1", port, TARGET)
        assert (seen.stage, seen.trouble) == (Stage.RIGHT, None)
        assert HttpProbe().answers(port, TARGET) is None
    assert asked[0].startswith(b"GET /health HTTP/1.1\r\n")


def test_a_status_in_pieces_is_one_status() -> None:
    with server(b"HT", b"TP/1.1 2", b"00 OK\r", b"\n") as (port, _):
        assert HttpProbe().answers(port, TARGET) is None


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with server(b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n") as (port, asked):
        seen = HttpProbe().look("127.0.0.1", port, TARGET)
    assert (seen.stage, seen.trouble) == (
        Stage.ANSWERED,
        f"GET /health on port {port} answered 302, expected 200",
    )
    assert len([each for each in asked if each]) == 1


def test_another_status_can_be_the_right_one() -> None:
    with server(b"HTTP/1.0 401 Unauthorized\r\n\r\n") as (port, _):
        assert HttpProbe().answers(port, ProbeTarget("/", 401, 60)) is None


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ((), "it closed the connection without an answer"),
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), "what answered does not speak HTTP/1"),
        ((b"x" * 5000,), "what answered does not speak HTTP/1"),
    ],
)
def test_what_took_the_connection_and_gave_no_status_is_said(pieces: tuple[bytes, ...], said: str) -> None:
    with server(*pieces) as (port, _):
        seen = HttpProbe().look("127.0.0.1", port, TARGET)
    assert (seen.stage, seen.trouble) == (Stage.OPEN, f"GET /health on port {port} failed: {said}")


def test_a_server_that_stops_half_way_through_its_answer_holds_nobody_up() -> None:
    with server(b"HTTP/1.1 ", hold=True) as (port, _):
        seen = HttpProbe(timeout=0.2).look("127.0.0.1", port, TARGET)
    assert (seen.stage, seen.trouble) == (Stage.OPEN, f"GET /health on port {port} had no answer within 0.2 s")


def test_less_time_than_a_try_has_is_all_that_is_taken() -> None:
    with server(hold=True) as (port, _):
        seen = HttpProbe(timeout=60).look("127.0.0.1", port, TARGET, within=0.1)
    assert seen.trouble == f"GET /health on port {port} had no answer within 0.1 s"


def test_a_port_that_nobody_has_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    seen = HttpProbe().look("127.0.0.1", port, TARGET)
    assert seen.stage is Stage.CLOSED
    assert "refused" in str(seen.trouble)


def test_early_hints_are_no_answer_and_the_answer_after_them_is() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    with server(hints, hints, b"HTTP/1.1 200 OK\r\n\r\n") as (port, _):
        assert HttpProbe().answers(port, TARGET) is None
    with server(hints + b"HTTP/1.1 503 Sick\r\n\r\n") as (port, _):
        assert "answered 503" in str(HttpProbe().answers(port, TARGET))
