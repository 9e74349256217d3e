"""Receivers with TLS of their own, and a courier who may go to them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from codeb.adapters.hooks.courier import Courier
from codeb.adapters.hooks.outbox import Outbox
from codeb.adapters.hooks.post import HookPost
from tests.fakes.records import FakeClock
from tests.integration.hook_receiver import Answer, HookReceiver, accepted, certificate
from tests.integration.hooks.parts import NAME, SECRET, Start, poster


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
