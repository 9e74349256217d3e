"""Webhooks over real TLS on loopback, which the tests allow and nothing else would. Security 9."""

import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from codeb.adapters.hooks.courier import WAITS, Courier
from codeb.adapters.hooks.outbox import Outbox
from codeb.adapters.hooks.post import ANSWER_LIMIT, HookFailed, HookPost
from codeb.adapters.hooks.signature import hook_secret
from codeb.settings import Secret
from tests.fakes.records import FakeClock
from tests.integration.hook_receiver import Answer, HookReceiver, accepted, certificate
from tests.integration.waiting import until

pytestmark = pytest.mark.integration

NAME = "hooks.test"
SECRET = Secret("platform")
MADE_AT = "2026-11-24T12:00:00.000Z"
EVENT = {"id": "hook_1", "event": "promotion", "projectName": "blog", "projectCreatedAt": MADE_AT}
Start = Callable[..., HookReceiver]


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls") / "hooks.pem", NAME)


@pytest.fixture
def start(pem: Path) -> Iterator[Start]:
    """Start a receiver with an answer of its own."""
    with ExitStack() as closing:

        def start(answer: Answer = accepted, with_certificate: Path = pem) -> HookReceiver:
            receiver = HookReceiver(with_certificate, answer)
            closing.callback(receiver.close)
            return receiver

        yield start


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def outbox(tmp_path: Path, clock: FakeClock) -> Outbox:
    return Outbox(tmp_path, clock)


def poster(pem: Path, seconds: float = 10) -> HookPost:
    return HookPost(
        resolve=lambda host: ["127.0.0.1"],
        allowed=lambda address: address == "127.0.0.1",
        tls=ssl.create_default_context(cafile=str(pem)),
        seconds=seconds,
    )


@pytest.fixture
def post(pem: Path) -> HookPost:
    return poster(pem)


@pytest.fixture
def hurried(pem: Path) -> HookPost:
    """With a deadline that a test can wait for."""
    return poster(pem, seconds=1)


@pytest.fixture
def courier(outbox: Outbox, post: HookPost, clock: FakeClock) -> Courier:
    return Courier(outbox, SECRET, post, clock)


def url(receiver: HookReceiver, path: str = "/t/1?x=y") -> str:
    return f"https://{NAME}:{receiver.port}{path}"


def verified(secret: Secret, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver would do it, in its own words."""
    signed = headers["X-CodeB-Timestamp"].encode() + b"." + body
    expected = "sha256=" + hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, headers["X-CodeB-Signature"])


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


def test_one_who_never_shakes_hands_is_cut_at_the_deadline(hurried: HookPost) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(HookFailed, match="within 1 s"):
            hurried(f"https://{NAME}:{port}/", {}, b"{}")


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


def test_a_certificate_for_another_name_is_refused(post: HookPost, start: Start) -> None:
    receiver = start()
    with pytest.raises(HookFailed, match=r"not valid for 'other\.test'"):
        post(f"https://other.test:{receiver.port}/", {}, b"{}")
    assert receiver.got == []


def test_a_certificate_that_nobody_vouches_for_is_refused(post: HookPost, start: Start, tmp_path: Path) -> None:
    receiver = start(with_certificate=certificate(tmp_path / "self.pem", NAME))
    with pytest.raises(HookFailed, match="verify failed"):
        post(url(receiver), {}, b"{}")
    assert receiver.got == []


def test_the_name_is_looked_up_once_and_that_answer_is_used(pem: Path, start: Start) -> None:
    """A name server that says loopback to the second question finds nobody who asks it."""
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    receiver = start()
    post = HookPost(resolve, lambda address: True, ssl.create_default_context(cafile=str(pem)))
    post(url(receiver), {}, b"{}")
    assert (asked, len(receiver.got)) == ([NAME], 1)


def test_the_next_address_is_tried_where_the_first_does_not_answer(pem: Path, start: Start) -> None:
    receiver = start()
    tls = ssl.create_default_context(cafile=str(pem))
    HookPost(lambda host: ["127.0.0.2", "127.0.0.1"], lambda address: True, tls)(url(receiver), {}, b"{}")
    assert len(receiver.got) == 1


def test_nobody_there_is_a_failure_like_another(post: HookPost, start: Start) -> None:
    receiver = start()
    address = url(receiver)
    receiver.close()
    with pytest.raises(HookFailed, match="refused"):
        post(address, {}, b"{}")


def test_what_is_no_http_is_a_failure_like_another(post: HookPost, start: Start) -> None:
    receiver = start(lambda handler: handler.wfile.write(b"hello\r\n\r\n") and None)
    with pytest.raises(HookFailed):
        post(url(receiver), {}, b"{}")
