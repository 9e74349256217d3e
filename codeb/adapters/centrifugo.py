"""What happens in deploys, published to the streaming host: channel ``deployments:{project}``. Issue 5, item 10."""

import json
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests
import structlog

from codeb.services.protocols.trail import StreamEvent
from codeb.settings import Secret

_WAITING = 1_000
_SECONDS = 5.0
_NAMESPACE = "deployments"
_RELEASES = frozenset({"deploy", "promote", "rollback", "rollback_to", "slot_cleanup", "deploy_cancel", "maintenance"})
"""Tools whose log entries belong to a project's deployments."""
_log = structlog.get_logger()
Post = Callable[[str, bytes], None]
"""Publish a body at a path; raises when it did not get there."""


def channel_of(project: str) -> str:
    return f"{_NAMESPACE}:{project}"


class NotPublished(Exception):
    """The streaming host does not have the event."""


@dataclass(frozen=True, slots=True)
class CentrifugoPost:
    """``ca_file`` is the platform's own authority; empty for the system's."""

    url: str
    api_key: Secret
    ca_file: str = ""
    _session: requests.Session = field(default_factory=requests.Session, repr=False)

    def __post_init__(self) -> None:
        self._session.trust_env = False  # a private address: no proxy, no .netrc

    def __call__(self, path: str, body: bytes) -> None:
        """Raises NotPublished; Centrifugo answers 200 also for what it refuses, and says so inside."""
        try:
            answer = self._session.post(
                f"{self.url.rstrip('/')}{path}",
                data=body,
                headers={"X-API-Key": self.api_key.reveal(), "Content-Type": "application/json"},
                timeout=_SECONDS,
                verify=self.ca_file or True,
                allow_redirects=False,
            )
            answered = answer.json() if answer.status_code == requests.codes.ok else {}
        except (requests.RequestException, OSError) as error:
            raise NotPublished(type(error).__name__) from None
        if answer.status_code != requests.codes.ok:
            raise NotPublished(f"it answered {answer.status_code}")
        if isinstance(answered, dict) and answered.get("error"):
            raise NotPublished(f"it refused: {answered['error']}")

    def close(self) -> None:
        self._session.close()


class CentrifugoPublisher:
    """One thread and a bounded queue: :meth:`publish` is the hub's listener, and never waits. Close it when done.

    What finds no room, or no streaming host, is counted in ``lost``: whoever follows there can ask the API.
    """

    def __init__(self, post: Post, most: int = _WAITING) -> None:
        self._post = post
        self._queue: queue.Queue[StreamEvent | None] = queue.Queue(most)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="centrifugo", daemon=True)
        self._away = False
        self.lost = 0

    def begin(self) -> None:
        self._thread.start()

    @staticmethod
    def wants(event: StreamEvent) -> bool:
        return event.project is not None and (event.kind == "deployment" or event.tool in _RELEASES)

    def publish(self, event: StreamEvent) -> None:
        """Steps of deploys and the log entries of releases; the rest is not for a project's channel."""
        if not self.wants(event):
            return
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            self.lost += 1

    def close(self, seconds: float = _SECONDS) -> None:
        """What waits is dropped: it is news."""
        self._stopped.set()
        with suppress(queue.Full):
            self._queue.put_nowait(None)
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopped.is_set():
            event = self._queue.get()
            if event is not None and not self._stopped.is_set():
                self._send(event)

    def _send(self, event: StreamEvent) -> None:
        try:
            self._post("/api/publish", _body(event))
        except Exception as error:  # noqa: BLE001  whatever it is, the next event is another
            self.lost += 1
            if not self._away:
                _log.warning("streaming_host_away", reason=str(error), effect="deployments are not published there")
            self._away = True
            return
        if self._away:
            _log.info("streaming_host_back", lost=self.lost)
        self._away = False


def _body(event: StreamEvent) -> bytes:
    record: dict[str, Any] = {"type": event.kind, **event.data}
    return json.dumps({"channel": channel_of(str(event.project)), "data": record}, default=str).encode()
