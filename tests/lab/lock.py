"""One change to the lab at a time, whoever asks."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.paths import CACHE
from tests.lab.progress import say


@contextmanager
def held() -> Iterator[None]:
    """Wait until nobody else makes or removes the lab."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lab.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("         another command works on the lab: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
