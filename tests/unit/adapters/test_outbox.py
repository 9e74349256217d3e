"""Events that wait, and the courier who decides when they are tried again."""

import json
import queue
import ssl
import stat
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from codeb.adapters.hooks.courier import WAITS, Courier
from codeb.adapters.hooks.outbox import Outbox
from codeb.adapters.hooks.post import HookFailed, HookPost
from codeb.adapters.hooks.signature import hook_secret, signature
from codeb.settings import Secret
from tests.fakes.records import FakeClock

URL = "https://hooks.example.org/t/hidden"
OTHER = "https://other.example.org/"
SECRET = Secret("platform")
Logged = list[MutableMapping[str, Any]]


@dataclass
class Receiver:
    """Stands for every webhook: keeps what it accepts; ``dead`` are the URLs that do not answer."""

    dead: set[str] = field(default_factory=set)
    got: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self.tried.append(headers["X-CodeB-Delivery"])
        if url in self.dead:
            raise HookFailed("it answered 500")
        self.got.append((url, headers, body))

    def ids(self, url: str) -> list[str]:
        return [headers["X-CodeB-Delivery"] for where, headers, _ in self.got if where == url]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def outbox(tmp_path: Path, clock: FakeClock) -> Outbox:
    return Outbox(tmp_path, clock)


@pytest.fixture
def courier(outbox: Outbox, receiver: Receiver, clock: FakeClock) -> Courier:
    return Courier(outbox, SECRET, receiver, clock)


@pytest.fixture(autouse=True)
def logged() -> Iterator[Logged]:
    with structlog.testing.capture_logs() as entries:
        yield entries


def event(id: str, project: str = "blog") -> dict[str, object]:
    return {"id": id, "event": "promotion", "projectName": project, "by": "김"}


def waiting(outbox: Outbox) -> list[Path]:
    return [path for queue in outbox.queues().values() for path in queue]


def test_an_event_is_a_private_file_until_it_is_delivered(outbox: Outbox, courier: Courier, receiver: Receiver) -> None:
    outbox.announce(URL, event("hook_1"))
    (path,) = waiting(outbox)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert courier.deliver() == 1
    assert waiting(outbox) == []
    ((url, _, body),) = receiver.got
    assert url == URL
    assert json.loads(body) == event("hook_1")
    assert courier.deliver() == 0


def test_a_delivery_is_signed_with_a_secret_of_the_projects_own(
    outbox: Outbox, courier: Courier, receiver: Receiver, clock: FakeClock
) -> None:
    outbox.announce(URL, event("hook_1"))
    courier.deliver()
    ((_, headers, body),) = receiver.got
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("CodeB/")
    assert (headers["X-CodeB-Event"], headers["X-CodeB-Delivery"]) == ("promotion", "hook_1")
    assert headers["X-CodeB-Timestamp"] == str(int(clock.now().timestamp()))
    assert headers["X-CodeB-Signature"] == signature(
        hook_secret(SECRET, "blog", ""), headers["X-CodeB-Timestamp"], body
    )
    assert headers["X-CodeB-Signature"] != signature(
        hook_secret(SECRET, "shop", ""), headers["X-CodeB-Timestamp"], body
    )


def test_a_signature_is_what_receivers_compute() -> None:
    """Fixed values: receivers are written against them."""
    secret = hook_secret(Secret("platform"), "blog", "2026-11-24T12:00:00.000Z")
    assert secret.reveal() == "5ed4c2e53b06e6d8eef672b3d32fb569bded18d15ff1c3b6dd48d23e203157e7"
    assert (
        signature(secret, "1700000000", b'{"a":1}')
        == "sha256=b4edc6a08dafe8b31a56e7982e458b8a97609d55ddeb750a7d7d4ccc07806202"
    )


def test_a_failure_is_tried_again_with_the_same_id_later_and_later(
    outbox: Outbox, courier: Courier, receiver: Receiver, clock: FakeClock
) -> None:
    receiver.dead.add(URL)
    outbox.announce(URL, event("hook_1"))
    courier.deliver()
    for wait in WAITS[:4]:
        clock.pass_by(wait - timedelta(seconds=1))
        courier.deliver()
        before = len(receiver.tried)
        clock.pass_by(timedelta(seconds=1))
        courier.deliver()
        assert len(receiver.tried) == before + 1
    receiver.dead.clear()
    clock.pass_by(WAITS[4])
    assert courier.deliver() == 1
    assert set(receiver.tried) == {"hook_1"}


def test_after_a_day_an_event_is_dropped_and_that_is_said(
    outbox: Outbox, courier: Courier, receiver: Receiver, clock: FakeClock, logged: Logged
) -> None:
    receiver.dead.add(URL)
    outbox.announce(URL, event("hook_1"))
    for wait in (*WAITS, *WAITS[-1:] * 4):
        courier.deliver()
        assert waiting(outbox)
        clock.pass_by(wait)
    courier.deliver()
    assert waiting(outbox) == []
    dropped = logged[-1]
    assert (dropped["event"], dropped["delivery"]) == ("hook_dropped", "hook_1")
    assert dropped["receiver"] == "hooks.example.org"


def test_events_of_one_url_stay_in_order_and_others_do_not_wait(
    outbox: Outbox, courier: Courier, receiver: Receiver, clock: FakeClock
) -> None:
    receiver.dead.add(URL)
    for number in range(3):
        outbox.announce(URL, event(f"hook_{number}"))
        outbox.announce(OTHER, event(f"other_{number}"))
    assert courier.deliver() == 3
    assert receiver.ids(OTHER) == ["other_0", "other_1", "other_2"]
    outbox.announce(URL, event("hook_3"))
    receiver.dead.clear()
    assert courier.deliver() == 0
    clock.pass_by(WAITS[0])
    assert courier.deliver() == 4
    assert receiver.ids(URL) == ["hook_0", "hook_1", "hook_2", "hook_3"]


def test_however_many_are_dead_the_living_are_served(outbox: Outbox, clock: FakeClock) -> None:
    """Those that failed before hang, more of them than there are workers, until the living one has its event."""
    tried, served = queue.SimpleQueue[str](), threading.Event()

    def post(url: str, headers: Mapping[str, str], body: bytes) -> None:
        if url == URL:
            served.set()
            return
        tried.put(url)
        if clock.now() > start:
            served.wait(20)
        raise HookFailed("it answered 500")

    start, courier = clock.now(), Courier(outbox, SECRET, post, clock)
    for number in range(20):
        outbox.announce(f"https://dead{number}.example.org/", event(f"hook_{number}"))
    courier.deliver()
    assert tried.qsize() == 20
    clock.pass_by(WAITS[0])
    stopped = threading.Event()
    running = threading.Thread(target=courier.run, args=(stopped, 0.01))
    running.start()
    for _ in range(24):
        tried.get(timeout=20)
    outbox.announce(URL, event("hook_living"))
    assert served.wait(10)
    stopped.set()
    running.join()


def test_a_courier_at_work_is_not_joined_by_another(outbox: Outbox, courier: Courier, receiver: Receiver) -> None:
    outbox.announce(URL, event("hook_1"))
    with courier._alone() as alone:
        assert alone
        assert courier.deliver() == 0
    assert courier.deliver() == 1


def test_beyond_the_bound_the_oldest_of_the_fullest_is_dropped(
    tmp_path: Path, clock: FakeClock, logged: Logged
) -> None:
    outbox = Outbox(tmp_path, clock, max_waiting=4)
    outbox.announce(OTHER, event("other_0"))
    for number in range(6):
        outbox.announce(URL, event(f"hook_{number}"))
    found = [outbox.open(path) for path in waiting(outbox)]
    assert [each.id for each in found if each] == ["other_0", "hook_3", "hook_4", "hook_5"]
    assert [entry["delivery"] for entry in logged if entry["event"] == "hook_dropped"] == ["hook_0", "hook_1", "hook_2"]


@pytest.mark.parametrize("directory", ["/dev/null/x", "/proc/nothing"])
def test_what_cannot_be_kept_is_a_warning_and_never_an_error(directory: str, clock: FakeClock, logged: Logged) -> None:
    Outbox(Path(directory), clock).announce(URL, event("hook_1"))
    Outbox(Path(directory), clock).announce(URL, {"id": "hook_2", "x": object()})
    assert [entry["event"] for entry in logged] == ["hook_not_kept"] * 2


def test_what_cannot_be_read_is_dropped_and_holds_nobody_up(
    outbox: Outbox, courier: Courier, receiver: Receiver, logged: Logged
) -> None:
    outbox.announce(URL, event("hook_1"))
    outbox.announce(URL, event("hook_2"))
    waiting(outbox)[0].write_text("{")
    (outbox.directory / "notes.json").write_text("{")
    courier.deliver()
    courier.deliver()
    assert receiver.ids(URL) == ["hook_2"]
    assert logged[0]["event"] == "hook_unreadable"


def test_no_log_holds_the_url(outbox: Outbox, courier: Courier, receiver: Receiver, logged: Logged) -> None:
    receiver.dead.add(URL)
    outbox.announce(URL, event("hook_1"))
    courier.deliver()
    assert logged
    assert "hidden" not in repr(logged)


def test_a_mistake_in_one_turn_is_logged_and_the_others_go_on(outbox: Outbox, clock: FakeClock, logged: Logged) -> None:
    delivered = []

    def post(url: str, headers: Mapping[str, str], body: bytes) -> None:
        if url == URL:
            raise RuntimeError("a mistake")
        delivered.append(url)

    courier = Courier(outbox, SECRET, post, clock)
    outbox.announce(URL, event("hook_1"))
    outbox.announce(OTHER, event("hook_2"))
    with pytest.raises(RuntimeError, match="a mistake"):
        courier.deliver()
    assert delivered == [OTHER]
    assert logged[-1]["event"] == "hook_turn_broke"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "https://",
        "https://kim@hooks.example.org/",
        "ftp://x/",
        "https://x:99999/",
        "x",
        "https://[::1",
    ],
)
def test_a_url_of_another_form_is_not_asked(url: str) -> None:
    def resolve(host: str) -> list[str]:
        raise AssertionError(host)

    post = HookPost(resolve, lambda address: True, ssl.create_default_context())
    with pytest.raises(HookFailed):
        post(url, {}, b"")


def test_an_address_that_is_not_allowed_is_not_connected_to() -> None:
    post = HookPost(lambda host: ["127.0.0.1"], lambda address: False, ssl.create_default_context())
    with pytest.raises(HookFailed, match="not a public address"):
        post("https://hooks.example.org/", {}, b"")
