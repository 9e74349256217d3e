"""Changes of sites that come within a moment share one load, because no load is free. Spec section 4."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

Change = Mapping[str, str | None]
"""Site files by name: their new text, or None for a file that goes."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller and what it will be told: whether its change was loaded, or why it was not."""

    change: Change
    outcome: Future[bool] = field(default_factory=Future)


Apply = Callable[[Sequence[Waiting]], None]
"""Tells everyone in the batch; whom it forgets is told of the error that it ended with."""


@dataclass
class Gathering:
    """The first to come waits ``window`` seconds for others of this process, and then acts for all of them."""

    window: float = 0.05
    _queue: list[Waiting] = field(default_factory=list, init=False)
    _changing: threading.Lock = field(default_factory=threading.Lock, init=False)
    _applying: threading.Lock = field(default_factory=threading.Lock, init=False)

    def submit(self, change: Change, apply: Apply) -> bool:
        """Raises what ``apply`` found wrong with this very change."""
        waiting = Waiting(change)
        with self._changing:
            self._queue.append(waiting)
            leads = len(self._queue) == 1
        if leads:
            self._lead(apply)
        return waiting.outcome.result()

    def _lead(self, apply: Apply) -> None:
        try:
            time.sleep(self.window)
        finally:
            with self._applying:
                with self._changing:
                    batch, self._queue = self._queue, []
                _settle(batch, apply)


def _settle(batch: Sequence[Waiting], apply: Apply) -> None:
    try:
        apply(batch)
    except BaseException as error:
        for waiting in batch:
            if not waiting.outcome.done():
                waiting.outcome.set_exception(error)
        if not isinstance(error, Exception):
            raise
