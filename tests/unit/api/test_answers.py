"""An answer's head and body leave together; a stream's head does not wait for its first event."""

import asyncio
from typing import cast

import pytest

from codeb.api.answers import WholeAnswers

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Wire:
    """What uvloop's transport would send, a system call each."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def wire() -> Wire:
    return Wire()


def on(wire: Wire) -> WholeAnswers:
    return WholeAnswers(cast(asyncio.Transport, wire), asyncio.get_running_loop())


async def turns() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_head_and_body_leave_together(wire: Wire) -> None:
    async def story() -> None:
        transport = on(wire)
        for _ in range(2):
            transport.write(HEAD)
            transport.write(b"{}")
        await turns()

    asyncio.run(story())
    assert wire.sent == [HEAD + b"{}"] * 2


def test_a_head_without_a_body_leaves_at_the_next_turn(wire: Wire) -> None:
    async def story() -> None:
        transport = on(wire)
        transport.write(HEAD)
        assert wire.sent == []
        await turns()
        assert wire.sent == [HEAD]
        transport.write(b"data: 1\n\n")
        transport.write(b"data: 2\n\n")

    asyncio.run(story())
    assert wire.sent == [HEAD, b"data: 1\n\n", b"data: 2\n\n"]


def test_an_empty_body_sends_the_head(wire: Wire) -> None:
    async def story() -> None:
        transport = on(wire)
        transport.write(HEAD)
        transport.write(b"")
        assert wire.sent == [HEAD]

    asyncio.run(story())


def test_what_is_held_leaves_before_the_connection_ends(wire: Wire) -> None:
    async def story() -> None:
        transport = on(wire)
        transport.write(HEAD)
        transport.close()
        assert transport.is_closing()
        await turns()

    asyncio.run(story())
    assert (wire.sent, wire.closed) == ([HEAD], True)
