"""What a person sees while the lab is made: what, how long, what is next."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_BEGUN = time.monotonic()


@contextmanager
def stage(what: str) -> Iterator[None]:
    """Announce ``what``, and say how long it took."""
    begun = time.monotonic()
    say(f"{_clock()}  {what} ...")
    yield
    say(f"{_clock()}  {what}: done in {time.monotonic() - begun:.1f} s")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _clock() -> str:
    seconds = int(time.monotonic() - _BEGUN)
    return f"[{seconds // 60:02}:{seconds % 60:02}]"
