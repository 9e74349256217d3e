"""Logs of the containers that somebody reads: each followed once, for all its readers. Spec section 6, "SSE"."""

import threading
from dataclasses import dataclass, field

import structlog

from codeb.adapters.docker.follower import Follower
from codeb.adapters.docker.log_engine import Away, LogEngine, Source
from codeb.services.protocols.follow import MOST_LINES, LogReader

_SECONDS = 1.0
_JOIN_SECONDS = 5.0
_log = structlog.get_logger()


@dataclass(slots=True)
class LogFollower:
    """Looks for containers once a second while there are readers, and not at all without. Close it when done.

    Implements ``ContainerLogs``.
    """

    engine: LogEngine
    seconds: float = _SECONDS
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: threading.Event = field(default_factory=threading.Event)
    _closed: bool = False
    _thread: threading.Thread | None = None
    _readers: list["_Reading"] = field(default_factory=list)
    _followers: dict[str, Follower] = field(default_factory=dict)
    _past: dict[str, str] = field(default_factory=dict)
    _away: bool = False

    def follow(self, reader: LogReader) -> None:
        with self._lock:
            if self._closed:
                return
            self._readers.append(_Reading(reader))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log-follower", daemon=True)
                self._thread.start()
        self._wake.set()

    def leave(self, reader: LogReader) -> None:
        with self._lock:
            self._readers = [each for each in self._readers if each.reader is not reader]
            for follower in self._followers.values():
                follower.remove(reader)
        self._wake.set()

    def close(self) -> None:
        """End every thread and connection."""
        with self._lock:
            self._closed = True
            followers = list(self._followers.values())
        self._wake.set()
        for follower in followers:
            follower.close()
        for follower in followers:
            follower.join(_JOIN_SECONDS)
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)
        self.engine.close()

    def _run(self) -> None:
        while not self._closed:
            try:
                self._look()
            except Exception:  # noqa: BLE001  the next look is another
                _log.exception("looking_for_containers_failed")
            self._wake.wait(self.seconds if self._readers else None)
            self._wake.clear()

    def _look(self) -> None:
        """Follow what is wanted and not followed yet, drop what nobody wants any more."""
        sources = self._sources() if self._readers else ()
        if sources is None:
            return
        with self._lock:
            wanted = {each.identity: each for each in sources if any(reading.wants(each) for reading in self._readers)}
            for identity in self._followers.keys() - wanted.keys():
                self._drop(identity)
            if not self._closed:
                for source in wanted.values():
                    self._follow(source)
            for reading in self._readers:
                reading.looked = True

    def _drop(self, identity: str) -> None:
        """A container that was set aside may come back: then its readers go on where they were."""
        follower = self._followers.pop(identity)
        self._past = {**self._past, identity: follower.newest} if self._readers else {}
        follower.close()

    def _follow(self, source: Source) -> None:
        if (follower := self._followers.get(source.identity)) is None:
            follower = self._followers[source.identity] = Follower(self.engine, source)
        for reading in self._readers:
            if reading.wants(source) and reading.had.get(source.identity) is not follower:
                back = source.identity in reading.had
                since = self._past.get(source.identity, "") if back else reading.reader.since.get(follower.place, "")
                reading.had[source.identity] = follower
                follower.add(reading.reader, MOST_LINES if reading.looked else reading.reader.tail, since)
        if not follower.begun or (follower.ended and source.running):
            follower.begin()

    def _sources(self) -> tuple[Source, ...] | None:
        """None while the engine is away: what is followed stays followed."""
        try:
            sources = tuple(self.engine.sources())
        except Away as error:
            if not self._away:
                _log.warning("engine_away", reason=str(error), effect="container logs are not followed meanwhile")
            self._away = True
            return None
        self._away = False
        return sources


@dataclass(slots=True)
class _Reading:
    """A reader, and what it has been given already. ``looked``: what comes now came after the reader did."""

    reader: LogReader
    looked: bool = False
    had: dict[str, Follower] = field(default_factory=dict)

    def wants(self, source: Source) -> bool:
        """Only containers of the team whose project it was when the reader came: a name may pass to another team."""
        reader = self.reader
        return (
            source.project == reader.project
            and source.team_id == reader.team_id
            and reader.environment in (None, source.environment)
            and reader.slot in (None, source.slot)
        )
