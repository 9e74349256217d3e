"""Takes events from the outbox to their receivers: signed, in order per URL, tried for a day."""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path

import structlog

from codeb.adapters.hooks.outbox import Outbox, Waiting, described
from codeb.adapters.hooks.post import HookFailed
from codeb.adapters.hooks.signature import hook_secret, signature
from codeb.services.protocols import Clock
from codeb.settings import Secret

_log = structlog.get_logger()
Post = Callable[[str, Mapping[str, str], bytes], None]
"""URL, headers and body; raises HookFailed. The real one is ``HookPost``."""
WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 3600, 7200, 14400))
"""Between one try and the next; the last repeats."""
GIVE_UP = timedelta(hours=24)
_WORKERS = 8
_FAILING = 4
"""Workers that those who failed before may have at once: the living never wait for all the dead."""
_TURN = 10.0
"""Seconds after which a receiver with much waiting lets others have the worker."""


@dataclass(frozen=True, slots=True)
class _Due:
    failed: bool
    since: datetime
    receiver: str
    queue: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Courier:
    """``secret`` is the platform's, of which every project's own is made."""

    outbox: Outbox
    secret: Secret
    post: Post
    clock: Clock

    def run(self, stopped: threading.Event, every: float = 1.0) -> None:
        """Deliver until told to stop. While another courier is at work on this outbox, it is left to it."""
        while not stopped.wait(every):
            try:
                with self._alone() as alone:
                    if alone:
                        self._serve(stopped, every)
            except OSError as error:
                _log.warning("hooks_stand_still", reason=str(error))

    def deliver(self) -> int:
        """Try what is due once, and return how many were delivered; 0 while another courier is at work."""
        with self._alone() as alone, ThreadPoolExecutor(_WORKERS, thread_name_prefix="hook") as workers:
            turns = self._hand_out(workers, {}, threading.Event()) if alone else []
            return sum(turn.result() for turn in turns)

    def _serve(self, stopped: threading.Event, every: float) -> None:
        busy: dict[str, bool] = {}
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="hook") as workers:
            while not stopped.is_set():
                self._hand_out(workers, busy, stopped)
                stopped.wait(every)

    def _hand_out(
        self, workers: ThreadPoolExecutor, busy: dict[str, bool], stopped: threading.Event
    ) -> Sequence[Future[int]]:
        """A turn for every receiver with something due that has none now. ``busy`` says who failed before."""
        turns = []
        for due in self._due():
            if due.receiver in busy or (due.failed and list(busy.values()).count(True) >= _FAILING):
                continue
            busy[due.receiver] = due.failed
            turn = workers.submit(self._turn, due.queue, stopped)
            turn.add_done_callback(partial(_ended, busy, due.receiver))
            turns.append(turn)
        return turns

    def _due(self) -> Sequence[_Due]:
        """Those that never failed first, then by time."""
        now, found = self.clock.now(), []
        for receiver, queue in self.outbox.queues().items():
            first = self.outbox.open(queue[0])
            if first is not None and first.due <= now:
                found.append(_Due(first.tries > 0, first.due, receiver, queue))
        return sorted(found, key=lambda due: (due.failed, due.since))

    def _turn(self, queue: Sequence[Path], stopped: threading.Event) -> int:
        """One receiver's events in their order, until one fails or the turn is over."""
        delivered, end = 0, time.monotonic() + _TURN
        for path in queue:
            waiting = self.outbox.open(path)
            if waiting is not None:
                if waiting.due > self.clock.now() or not self._delivered(path, waiting):
                    break
                delivered += 1
            if stopped.is_set() or time.monotonic() > end:
                break
        return delivered

    def _delivered(self, path: Path, waiting: Waiting) -> bool:
        body = waiting.body.encode()
        try:
            self.post(waiting.url, self._headers(waiting, body), body)
        except HookFailed as error:
            self._later(path, waiting, str(error))
            return False
        self.outbox.done(path)
        return True

    def _headers(self, waiting: Waiting, body: bytes) -> dict[str, str]:
        timestamp = str(int(self.clock.now().timestamp()))
        secret = hook_secret(self.secret, waiting.project, waiting.made_at)
        return {
            "Content-Type": "application/json",
            "User-Agent": f"CodeB/{version('codeb')}",
            "X-CodeB-Event": waiting.event,
            "X-CodeB-Delivery": waiting.id,
            "X-CodeB-Timestamp": timestamp,
            "X-CodeB-Signature": signature(secret, timestamp, body),
        }

    def _later(self, path: Path, waiting: Waiting, reason: str) -> None:
        now = self.clock.now()
        wait = WAITS[min(waiting.tries, len(WAITS) - 1)]
        if now + wait > waiting.since + GIVE_UP:
            _log.warning("hook_dropped", reason=f"not delivered within a day: {reason}", **described(waiting))
            self.outbox.done(path)
            return
        _log.warning("hook_failed", reason=reason, again_in=f"{wait.total_seconds():g} s", **described(waiting))
        self.outbox.put_back(path, waiting.later(now, wait))

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        handle = os.open(self.outbox.directory / ".courier.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(handle)


def _ended(busy: dict[str, bool], receiver: str, turn: Future[int]) -> None:
    busy.pop(receiver, None)
    if error := turn.exception():
        _log.error("hook_turn_broke", error=repr(error))
