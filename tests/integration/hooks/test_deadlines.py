"""Whatever a receiver answers, its answer is cut: in size and in time. Security 9."""

import socket
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from codeb.adapters.hooks.post import ANSWER_LIMIT, HookFailed, HookPost
from tests.integration.hook_receiver import accepted
from tests.integration.hooks.parts import NAME, Start, url

pytestmark = pytest.mark.integration


def test_an_endless_answer_is_cut_and_the_event_counts_as_delivered(post: HookPost, start: Start) -> None:
    cut = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(bytes(ANSWER_LIMIT))
        except OSError:
            cut.set()

    post(url(start(endless)), {}, b"{}")
    assert cut.wait(20)


def test_endless_headers_are_cut(post: HookPost, start: Start) -> None:
    cut = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 500 No\r\n")
        try:
            while True:
                handler.wfile.write(b"X: " + b"y" * 1000 + b"\r\n")
        except OSError:
            cut.set()

    with pytest.raises(HookFailed):
        post(url(start(endless)), {}, b"{}")
    assert cut.wait(20)


def test_an_answer_that_comes_a_letter_at_a_time_is_cut_at_the_deadline(hurried: HookPost, start: Start) -> None:
    """Each letter comes in time; all of them do not."""
    enough = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        while not enough.wait(0.05):
            handler.wfile.write(b"H")

    receiver = start(drip)
    try:
        with pytest.raises(HookFailed, match="within 1 s"):
            hurried(url(receiver), {}, b"{}")
    finally:
        enough.set()


def test_a_body_that_never_ends_in_time_does_not_undo_a_delivery(hurried: HookPost, start: Start) -> None:
    enough = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        accepted(handler)
        handler.wfile.flush()
        enough.wait(20)

    receiver = start(drip)
    try:
        hurried(url(receiver), {}, b"{}")
    finally:
        enough.set()
    assert len(receiver.got) == 1


def test_one_who_never_shakes_hands_is_cut_at_the_deadline(hurried: HookPost) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(HookFailed, match="within 1 s"):
            hurried(f"https://{NAME}:{port}/", {}, b"{}")
