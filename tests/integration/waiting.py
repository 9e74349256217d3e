"""Waiting for something real, bounded in time."""

import socket
import time
from collections.abc import Callable


def until(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Return once ``condition`` holds; fails with ``what`` did not happen."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
