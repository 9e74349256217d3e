"""The engine's event stream, followed by one thread: it wakes who waits and tells of containers that died.

Design section 7. Nothing depends on it: without the stream a wait goes on by its own probes.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import docker
import structlog
from docker.types.daemon import CancellableStream

from codeb.adapters.docker.engine import AWAY, connect

_TOLD = ("create", "start", "kill", "die", "oom", "health_status", "pause", "unpause", "rename", "destroy")
_FILTERS = {"type": "container", "label": "codeb.project", "event": [*_TOLD]}
_HARMLESS = ("1", "10", "12")
"""Signals that ask a program for something else than its end: HUP, USR1, USR2."""
_FIRST_DELAY = 0.1
_LONGEST_DELAY = 5.0
_JOIN_TIMEOUT = 5.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Death:
    """A container of ours that ended; ``asked`` when somebody stopped it through the engine."""

    container: str
    labels: Mapping[str, str]
    exit_code: int
    asked: bool


class Watch:
    """What happens to one container, for one who waits."""

    def __init__(self, container: str) -> None:
        self.container = container
        self._happened = threading.Event()

    def wait(self, seconds: float) -> None:
        """Return when something happened, at most ``seconds`` later. Look at the container after it, not before."""
        self._happened.wait(seconds)
        self._happened.clear()

    def wake(self) -> None:
        self._happened.set()


class Follower(Protocol):
    """Who keeps a picture of the containers. Told in the thread of the stream, so it must not wait for anything."""

    def connected(self) -> None:
        """A stream begins. What happened before it may not have been told."""
        ...

    def lost(self) -> None: ...

    def changed(self, container: str) -> None:
        """Something happened to the container of this name; look at it."""
        ...


class EngineEvents:
    """Begins to follow when it is first needed. Close it when done."""

    def __init__(self, connect: Callable[[], docker.DockerClient] = connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._stream: CancellableStream[dict[str, Any]] | None = None
        self._watches: list[Watch] = []
        self._listeners: list[Callable[[Death], None]] = []
        self._followers: list[Follower] = []
        self._asked: set[str] = set()
        self._since: Any = None

    @contextmanager
    def watching(self, container: str) -> Iterator[Watch]:
        """Follow the container of that name while the block runs."""
        watch = Watch(container)
        with self._lock:
            self._watches.append(watch)
        self._follow()
        try:
            yield watch
        finally:
            with self._lock:
                self._watches.remove(watch)

    def on_death(self, listener: Callable[[Death], None]) -> None:
        """Call ``listener``, in the thread of the stream, for every container of ours that ends from now on."""
        with self._lock:
            self._listeners.append(listener)
        self._follow()

    def follow(self, follower: Follower) -> None:
        """Tell ``follower`` of every change, and of every stream's begin and end, from now on."""
        with self._lock:
            self._followers.append(follower)
            if self._stream is not None:
                follower.connected()
        self._follow()

    def close(self) -> None:
        """End the thread and its connection."""
        with self._lock:
            self._closed.set()
            self._cut()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_JOIN_TIMEOUT)

    def _follow(self) -> None:
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, name="engine-events", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        client, delay = self._connect(), _FIRST_DELAY
        try:
            while not self._closed.is_set():
                try:
                    self._read(client)
                    delay = _FIRST_DELAY
                except AWAY:
                    pass
                except Exception:  # noqa: BLE001 - whatever broke this connection, the next one is another
                    _log.exception("the engine's event stream broke")
                self._closed.wait(delay)
                delay = min(delay * 2, _LONGEST_DELAY)
        finally:
            client.close()

    def _read(self, client: docker.DockerClient) -> None:
        """Follow one connection to its end. Who waits looks again, for it may have missed something until now."""
        stream = client.api.events(decode=True, filters=_FILTERS, since=self._since)
        with self._lock:
            self._stream = stream
            if self._closed.is_set():
                self._cut()
            missed = list(self._watches)
            for follower in self._followers:
                follower.connected()
        for watch in missed:
            watch.wake()
        try:
            for event in stream:
                self._tell(event)
        finally:
            with self._lock:
                self._stream = None
                for follower in self._followers:
                    follower.lost()

    def _cut(self) -> None:
        """Wake the reader out of its read; it may have ended by itself at this very moment."""
        if self._stream is not None:
            with suppress(OSError, AttributeError):
                self._stream.close()

    def _tell(self, event: Mapping[str, Any]) -> None:
        seconds, nanoseconds = divmod(int(event["timeNano"]) + 1, 1_000_000_000)
        self._since = f"{seconds}.{nanoseconds:09d}"
        action, attributes = event["Action"], event["Actor"]["Attributes"]
        name = attributes["name"]
        with self._lock:
            watches = [watch for watch in self._watches if watch.container == name]
            listeners, followers = list(self._listeners), list(self._followers)
        for follower in followers:
            for changed in _names(attributes):
                follower.changed(changed)
        for watch in watches:
            watch.wake()
        identity = event["Actor"]["ID"]
        if action == "kill" and attributes.get("signal") not in _HARMLESS:
            self._asked.add(identity)
        elif action == "start":
            self._asked.discard(identity)
        elif action == "die":
            death = _death(attributes, asked=identity in self._asked)
            self._asked.discard(identity)
            for listener in listeners:
                _call(listener, death)


def _names(attributes: Mapping[str, str]) -> set[str]:
    """Of a container that was renamed, both."""
    return {attributes["name"], attributes.get("oldName", attributes["name"]).removeprefix("/")}


def _death(attributes: Mapping[str, str], *, asked: bool) -> Death:
    labels = {key: value for key, value in attributes.items() if key.startswith("codeb.")}
    return Death(attributes["name"], labels, int(attributes.get("exitCode", -1)), asked)


def _call(listener: Callable[[Death], None], death: Death) -> None:
    """A listener's error is its own: the stream goes on."""
    try:
        listener(death)
    except Exception:  # noqa: BLE001 - whatever it is, who waits must not pay for it
        _log.exception("a listener of container deaths failed", container=death.container)
