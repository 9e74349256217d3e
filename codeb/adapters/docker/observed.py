"""Containers in memory, for showing: a look at all of them, kept current by the engine's events. Design section 6.

What was heard to change is in doubt until it was looked at again, and what is in doubt is not told from memory. While
the stream is broken, or no look has succeeded for a while, nothing is: then the engine is asked, and says for itself
that it is away.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import docker

from codeb.adapters.docker.engine import no_refusal
from codeb.adapters.docker.events import EngineEvents
from codeb.adapters.docker.profile import DEPLOYMENT, PROJECT
from codeb.services.protocols import Observed

_AGAIN = 30.0
_TOO_OLD = 90.0
"""Seconds after a look at all: when the next one is due, and when it counts no more because none succeeded."""
_PATIENCE = 1.0
_RUNS = ("running", "paused", "restarting")
_ABSENT = Observed(running=False)


@dataclass(slots=True)
class ObservedContainers:
    """Read by any thread; refreshed by one, told of events by another."""

    client: docker.DockerClient
    look: Callable[[str], Observed]
    events: EngineEvents
    monotonic: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: dict[str, Observed] = field(default_factory=dict)
    _doubts: dict[str, int] = field(default_factory=dict)
    _heard: int = 0
    _streams: int = 0
    _following: bool = False
    _connected: bool = False
    _until: float = float("-inf")
    _due: float = float("-inf")

    def observed(self, container: str) -> Observed | None:
        if not self._connected or container in self._doubts or self.monotonic() >= self._until:
            return None
        return self._seen.get(container, _ABSENT)

    def refresh(self) -> None:
        """Look at what is in doubt, and at everything when that is due. Raises Unavailable."""
        if not self._following:
            self._following = True
            self.events.follow(self)
        if not self._connected:
            return
        if self.monotonic() >= self._due:
            self._look_at_all()
        for container in list(self._doubts):
            self._look_again(container)

    def connected(self) -> None:
        """A stream begins; what happened before it nobody has told."""
        with self._lock:
            self._streams += 1
            self._connected, self._until, self._due = True, float("-inf"), float("-inf")

    def lost(self) -> None:
        self._connected = False

    def changed(self, container: str) -> None:
        with self._lock:
            self._heard += 1
            self._doubts[container] = self._heard

    def _look_at_all(self) -> None:
        begun = self.monotonic()
        with self._lock:
            stream, doubts = self._streams, dict(self._doubts)
        self._due = begun + _PATIENCE
        with no_refusal():
            records = self.client.api.containers(all=True, filters={"label": [PROJECT]})
        seen = {name.removeprefix("/"): _listed(record) for record in records for name in record["Names"] or ()}
        with self._lock:
            if stream != self._streams:
                return
            self._seen, self._until, self._due = seen, begun + _TOO_OLD, begun + _AGAIN
            for container, heard in doubts.items():
                self._settle(container, heard)

    def _look_again(self, container: str) -> None:
        heard = self._doubts[container]
        seen = self.look(container)
        with self._lock:
            self._seen[container] = seen
            self._settle(container, heard)

    def _settle(self, container: str, heard: int) -> None:
        """No doubt any more, unless something happened to it while it was looked at."""
        if self._doubts.get(container) == heard:
            del self._doubts[container]


def _listed(record: Mapping[str, Any]) -> Observed:
    """As a look at the container itself would tell it. The list has its health in words: ``Up 2 hours (healthy)``."""
    status = record.get("Status") or ""
    words = {"(healthy)": "healthy", "(unhealthy)": "unhealthy", "(health: starting)": "starting"}
    return Observed(
        running=record["State"] in _RUNS,
        deployment_id=(record["Labels"] or {}).get(DEPLOYMENT),
        health=next((word for end, word in words.items() if status.endswith(end)), None),
        image=record["Image"],
    )
