"""Waiting for what needs a moment, with what was seen last when it did not come."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], satisfied: Callable[[T], bool], seconds: float = 60) -> T:
    """What ``look`` saw when it was ``satisfied``; fails with the last sight."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            seen: T | Exception = look()
        except Exception as error:  # noqa: BLE001  a host that restarts answers in many ways
            seen = error
        if not isinstance(seen, Exception) and satisfied(seen):
            return seen
        assert time.monotonic() < deadline, f"not within {seconds:g} s; seen last: {seen!r}"
        time.sleep(0.5)
