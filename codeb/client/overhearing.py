"""A stream that is read in a thread beside other work."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from codeb.client.events import Event
from codeb.client.following import Following
from codeb.client.http import Http
from codeb.errors import CodebError

CONNECTED = 5.0
"""Seconds that the stream gets to begin."""


@dataclass(slots=True)
class Overhearing:
    """``queue`` gets every event, and None when the stream has ended, for whatever reason: see ``error``."""

    http: Http
    query: Mapping[str, Any]
    sleep: Callable[[float], object] = time.sleep
    queue: "queue.SimpleQueue[Event | None]" = field(default_factory=queue.SimpleQueue)
    error: CodebError | None = None
    _connected: threading.Event = field(default_factory=threading.Event, init=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)

    def __enter__(self) -> "Overhearing":
        """Back when the API has begun to tell, or does not."""
        threading.Thread(target=self._read, daemon=True).start()
        self._connected.wait(CONNECTED)
        return self

    def __exit__(self, *_: object) -> None:
        """The thread ends with the next thing that the API says, its ping after half a minute at the latest."""
        self._stopped.set()

    def until_quiet(self, seconds: float) -> Iterator[Event]:
        """What comes until nothing has come for so long."""
        while True:
            try:
                event = self.queue.get(timeout=seconds)
            except queue.Empty:
                return
            if event is None:
                return
            yield event

    def _read(self) -> None:
        try:
            for event in Following(self.http, self.query, sleep=self.sleep, stopped=self._stopped.is_set):
                self._connected.set()
                self.queue.put(event)
        except CodebError as error:
            self.error = error
        finally:
            self._connected.set()
            self.queue.put(None)
