"""Waiting, on the event loop, for what threads do."""

import asyncio
import threading
import time
from collections.abc import Callable, Sized
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
_LONGEST, _QUIET = 3.0, 0.3
"""Seconds: for all of it, and without anything new, after which it is all there is."""


async def in_thread(work: Callable[[], T]) -> T:
    """What ``work`` answers or raises. Its thread holds up nobody's end: the process may go before it does."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001  whoever waits gets it
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await done


async def settled(found: Sized, *, ended: Callable[[], bool] = lambda: False) -> None:
    """Return once something was found and no more comes, or ``ended``, or it has taken long enough."""
    begun, seen = time.monotonic(), -1
    while time.monotonic() - begun < _LONGEST and not ended() and (not found or len(found) != seen):
        seen = len(found)
        await asyncio.sleep(_QUIET)
