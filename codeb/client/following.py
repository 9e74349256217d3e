"""``GET /api/logs/stream``, followed across broken connections by ``Last-Event-ID``. Spec section 6, "SSE"."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from codeb.client import http
from codeb.client.errors import CallFailed, Unreachable
from codeb.client.events import Event, events
from codeb.client.http import Http

PATH = "/api/logs/stream"
PATIENCE = 60.0
"""Seconds without the API after which a reader gives up."""
_SILENCE = 75.0
"""Seconds: the API says something every 30; after more than two of these nobody is there."""
_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
_BUSY = 429


@dataclass(slots=True)
class Following:
    """Iterate over it once. ``stopped`` is asked whenever the API says anything, its pings too."""

    http: Http
    query: Mapping[str, Any]
    last: str = ""
    sleep: Callable[[float], object] = time.sleep
    stopped: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.monotonic
    _pause: float = field(default=_PAUSE, init=False)

    def __iter__(self) -> Iterator[Event]:
        """Raises CallFailed, Unreachable, NotLoggedIn."""
        seen, began = self.clock(), False
        while not self.stopped():
            try:
                for event in self._connection():
                    seen, began, self._pause = self.clock(), True, _PAUSE
                    self.last = event.id or self.last
                    yield event
            except Unreachable as error:
                if error.final or not began or self.clock() - seen > PATIENCE:
                    raise
            except CallFailed as error:
                if error.status != _BUSY or not began or self.clock() - seen > PATIENCE:
                    raise
            if not self.stopped():
                self.sleep(self._pause)
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _connection(self) -> Iterator[Event]:
        taken_up = {"Last-Event-ID": self.last} if self.last else {}
        headers = {"Accept": "text/event-stream", **taken_up}
        query = {**self.query, "tail": 0} if self.last and "tail" not in self.query else self.query
        with self.http.request("GET", PATH, params=query, headers=headers, read=_SILENCE, stream=True) as response:
            if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                http.answer(response, self.http.base)
                raise Unreachable(self.http.base, "it has no stream of events", final=True)
            response.encoding = "utf-8"
            try:
                yield from events(self._lines(response))
            except requests.exceptions.RequestException as error:
                raise Unreachable(self.http.base, f"the stream broke: {type(error).__name__}", sent=True) from None

    def _lines(self, response: requests.Response) -> Iterator[str]:
        for line in response.iter_lines(chunk_size=1, decode_unicode=True):
            if self.stopped():
                return
            yield line
