"""An event arrives, signed, in its order, and one receiver holds up no other. Issue 4, "Hooks"."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from codeb.adapters.hooks.courier import WAITS, Courier
from codeb.adapters.hooks.outbox import Outbox
from codeb.adapters.hooks.post import HookFailed, HookPost
from codeb.adapters.hooks.signature import hook_secret
from tests.fakes.records import FakeClock
from tests.integration.hook_receiver import accepted
from tests.integration.hooks.parts import EVENT, MADE_AT, NAME, SECRET, Start, url, verified
from tests.integration.waiting import until

pytestmark = pytest.mark.integration


def test_an_event_arrives_and_its_signature_verifies(outbox: Outbox, courier: Courier, start: Start) -> None:
    receiver = start()
    outbox.announce(url(receiver), EVENT)
    assert courier.deliver() == 1
    (got,) = receiver.got
    assert (got.path, json.loads(got.body)) == ("/t/1?x=y", EVENT)
    assert got.headers["Host"] == f"{NAME}:{receiver.port}"
    assert verified(hook_secret(SECRET, "blog", MADE_AT), got.headers, got.body)
    assert not verified(hook_secret(SECRET, "blog", MADE_AT), got.headers, got.body + b" ")
    assert not verified(hook_secret(SECRET, "shop", MADE_AT), got.headers, got.body)


def test_a_retry_has_the_same_id_and_a_signature_of_its_own_time(
    outbox: Outbox, courier: Courier, clock: FakeClock, start: Start
) -> None:
    receiver = start(lambda handler: handler.send_error(503))
    outbox.announce(url(receiver), EVENT)
    assert courier.deliver() == 0
    receiver.answer = accepted
    clock.pass_by(WAITS[0])
    assert courier.deliver() == 1
    first, second = receiver.got
    assert first.body == second.body
    assert first.headers["X-CodeB-Delivery"] == second.headers["X-CodeB-Delivery"] == "hook_1"
    assert int(second.headers["X-CodeB-Timestamp"]) - int(first.headers["X-CodeB-Timestamp"]) == 10
    assert verified(hook_secret(SECRET, "blog", MADE_AT), second.headers, second.body)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(post: HookPost, start: Start, status: int) -> None:
    elsewhere = start()

    def redirect(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", url(elsewhere))
        handler.end_headers()

    with pytest.raises(HookFailed, match=f"answered {status}"):
        post(url(start(redirect)), {}, b"{}")
    assert elsewhere.got == []


def test_a_slow_receiver_holds_nobody_up(outbox: Outbox, courier: Courier, start: Start) -> None:
    """The slow one does not answer before the other has its event."""
    other_has_it = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        if other_has_it.wait(8):
            accepted(handler)
        else:
            handler.send_error(500)

    def quick(handler: BaseHTTPRequestHandler) -> None:
        other_has_it.set()
        accepted(handler)

    first, second = start(slow), start(quick)
    outbox.announce(url(first), EVENT)
    outbox.announce(url(second), EVENT)
    assert courier.deliver() == 2


def test_the_courier_goes_on_while_one_receiver_is_slow(outbox: Outbox, courier: Courier, start: Start) -> None:
    """An event that comes while another's receiver still thinks is delivered meanwhile."""
    came, answer = threading.Event(), threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        came.set()
        answer.wait(8)
        accepted(handler)

    first, second = start(slow), start()
    with running(courier):
        outbox.announce(url(first), EVENT)
        assert came.wait(20)
        outbox.announce(url(second), EVENT)
        until(lambda: bool(second.got), "the second event arrives")
        assert not answer.is_set()
        answer.set()
        until(lambda: not outbox.queues(), "both are delivered")
    assert len(first.got) == len(second.got) == 1


@contextmanager
def running(courier: Courier) -> Iterator[None]:
    stopped = threading.Event()
    thread = threading.Thread(target=courier.run, args=(stopped, 0.02))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
