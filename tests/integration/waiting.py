"""Waiting for something real, bounded in time."""

import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, seconds: float = 20) -> T:
    """What ``condition`` answers once that is true; fails with ``what`` did not happen."""
    deadline, pause = time.monotonic() + seconds, 0.002
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(pause)
        pause = min(0.05, 1.5 * pause)
    return found


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
