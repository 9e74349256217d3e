"""Readers of streams, an engine whose containers write what a test says, and events to tell."""

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from codeb.adapters.docker.log_engine import Away, Piece, Source
from codeb.services.protocols.follow import ContainerLine, LogReader
from codeb.services.protocols.trail import StreamEvent


def told(
    message: str = "said", *, team: str | None = "team-a", project: str | None = None, kind: str = "log", **more: str
) -> StreamEvent:
    return StreamEvent(kind, team, {"message": message, "level": more.get("level", "info")}, project, **more)


@dataclass
class FakeContainerLogs:
    """Remembers who follows; a test makes their lines."""

    readers: list[LogReader] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    def follow(self, reader: LogReader) -> None:
        self.readers.append(reader)
        self.came.set()

    def leave(self, reader: LogReader) -> None:
        self.readers.remove(reader)

    def say(self, message: str, *, place: str = "production-blue", at: str, **more: str) -> None:
        for reader in self.readers:
            event = told(message, team=reader.team_id, project=reader.project, **more)
            reader.take(ContainerLine(place, at, event))


class FakeLog:
    """What one container wrote; ``follow`` waits for more until it ends or is closed."""

    def __init__(self, lines: Sequence[bytes], more: "queue.Queue[bytes | None] | None") -> None:
        self._lines, self._more = lines, more

    def __iter__(self) -> Iterator[Piece]:
        for each in self._lines:
            yield Piece(1, each)
        while self._more is not None and (said := self._more.get(timeout=20)) is not None:
            yield Piece(1, said)

    def close(self) -> None:
        if self._more is not None:
            self._more.put(None)


@dataclass
class FakeContainer:
    source: Source
    variables: Mapping[str, str] = field(default_factory=dict)
    written: list[bytes] = field(default_factory=list)
    followers: "list[queue.Queue[bytes | None]]" = field(default_factory=list)
    opened: int = 0


@dataclass
class FakeLogEngine:
    """Containers by identity. ``write`` reaches whoever follows; ``looked`` is set by every look at the containers."""

    containers: dict[str, FakeContainer] = field(default_factory=dict)
    away: bool = False
    closed: bool = False
    looked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    lock: threading.Lock = field(default_factory=threading.Lock)
    clock: int = 0

    def run(self, identity: str, slot: str = "blue", *, team: str = "team-a", **variables: str) -> None:
        name = f"blog-production-{slot}"
        source = Source(identity, name, "blog", "production", slot, team, running=True)
        with self.lock:
            self.containers[identity] = FakeContainer(source, variables)

    def write(self, identity: str, text: bytes) -> None:
        with self.lock:
            self.clock += 1
            piece = b"2026-01-01T00:00:00.%09dZ " % self.clock + text
            self.containers[identity].written.append(piece)
            for each in self.containers[identity].followers:
                each.put(piece)

    def end(self, identity: str) -> None:
        with self.lock:
            for each in self.containers.pop(identity).followers:
                each.put(None)

    def sources(self) -> Sequence[Source]:
        self.looked.release()
        if self.away:
            raise Away("connection refused")
        with self.lock:
            return [each.source for each in self.containers.values()]

    def variables(self, identity: str) -> Mapping[str, str]:
        return self._container(identity).variables

    def log(self, identity: str, tail: int, *, follow: bool) -> FakeLog:
        container = self._container(identity)
        with self.lock:
            container.opened += follow
            more: queue.Queue[bytes | None] | None = queue.Queue() if follow else None
            if more is not None:
                container.followers.append(more)
            return FakeLog(container.written[-tail:], more)

    def close(self) -> None:
        self.closed = True

    def _container(self, identity: str) -> FakeContainer:
        with self.lock:
            if identity not in self.containers:
                raise Away("no such container")
            return self.containers[identity]


@dataclass
class FakeReader:
    """Takes lines, and waits for them."""

    arrived: "queue.Queue[str]" = field(default_factory=queue.Queue)
    lost: threading.Event = field(default_factory=threading.Event)

    def reading(
        self,
        *,
        tail: int = 50,
        since: Mapping[str, str] | None = None,
        team: str = "team-a",
        environment: str | None = None,
        slot: str | None = None,
        project: str = "blog",
    ) -> LogReader:
        def take(line: ContainerLine) -> None:
            self.arrived.put(str(line.event.data["message"]))

        return LogReader(project, team, environment, slot, tail, since or {}, take, self.lost.set)

    def next(self, count: int = 1) -> list[str]:
        return [self.arrived.get(timeout=20) for _ in range(count)]
