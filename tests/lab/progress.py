"""What a person sees while the lab is made: what, and how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_BEGUN = time.monotonic()


@contextmanager
def stage(what: str) -> Iterator[None]:
    """Announce ``what``, and say how long it took."""
    begun = time.monotonic()
    say(f"[{elapsed()}]  {what} ...")
    yield
    say(f"[{elapsed()}]  {what}: done in {time.monotonic() - begun:.1f} s")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def elapsed() -> str:
    """Since the command began, as minutes and seconds."""
    seconds = int(time.monotonic() - _BEGUN)
    return f"{seconds // 60:02}:{seconds % 60:02}"
