"""One container's log, followed by one thread for all who read it."""

import threading
from collections import deque
from dataclasses import dataclass, field

import structlog

from codeb.adapters.docker.log_engine import Away, LogEngine, LogStream, Piece, Source
from codeb.adapters.docker.log_lines import Line, Lines, guessed_level
from codeb.adapters.docker.masking import line_mask
from codeb.services.protocols.follow import MOST_LINES, ContainerLine, LogReader
from codeb.services.protocols.trail import StreamEvent

_MOST_CHARACTERS = 1024**2
_MILLISECONDS = len("2026-01-01T00:00:00.000")
_log = structlog.get_logger()


@dataclass(slots=True)
class Follower:
    """Keeps the last lines, so that a reader who comes later, or comes back, gets them too."""

    engine: LogEngine
    source: Source
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: deque[ContainerLine] = field(default_factory=deque)
    _characters: int = 0
    _more_before: bool = False
    _caught_up: bool = False
    _readers: list["_Joined"] = field(default_factory=list)
    _stream: LogStream | None = None
    _thread: threading.Thread | None = None
    _closed: bool = False

    @property
    def place(self) -> str:
        return self.source.name.removeprefix(f"{self.source.project}-")

    @property
    def begun(self) -> bool:
        return self._thread is not None

    @property
    def ended(self) -> bool:
        return self._thread is not None and not self._thread.is_alive()

    def begin(self) -> None:
        """Follow it in a thread; again, where it was followed to an end, and then only what came since."""
        self._thread = threading.Thread(target=self._run, name=f"logs-{self.source.name}", daemon=True)
        self._thread.start()

    @property
    def newest(self) -> str:
        """The time of the last line; empty before there is one."""
        with self._lock:
            return self._kept[-1].at if self._kept else ""

    def add(self, reader: LogReader, tail: int, since: str = "") -> None:
        """From what was written after ``since`` on, or from the last ``tail`` lines."""
        joined = _Joined(reader, tail, since)
        with self._lock:
            self._readers.append(joined)
            if self._caught_up:
                self._tell_past(joined)

    def remove(self, reader: LogReader) -> None:
        with self._lock:
            self._readers = [each for each in self._readers if each.reader is not reader]

    def close(self) -> None:
        with self._lock:
            self._closed = True
            stream = self._stream
        if stream is not None:
            stream.close()

    def join(self, seconds: float) -> None:
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            mask = line_mask(self.engine.variables(self.source.identity))
            self._read({1: Lines(mask), 2: Lines(mask)}, follow=False)
            self._catch_up()
            self._read({1: Lines(mask), 2: Lines(mask)}, follow=True)
        except Away as error:
            _log.info("container_log_ended", container=self.source.name, reason=str(error))
        except Exception:  # noqa: BLE001  the next look follows it again
            _log.exception("container_log_broke", container=self.source.name)

    def _read(self, channels: dict[int, Lines], *, follow: bool) -> None:
        seen = self.newest
        stream = self.engine.log(self.source.identity, MOST_LINES, follow=follow)
        with self._lock:
            self._stream = stream
            if self._closed:
                stream.close()
        for piece in stream:
            seen = self._feed(channels, piece, seen)
        for lines in channels.values():
            for line in lines.end():
                self._take(line)

    def _feed(self, channels: dict[int, Lines], piece: Piece, seen: str) -> str:
        """``seen`` is the time of the last line that is known; empty once something newer has come."""
        for line in channels.get(piece.channel, channels[1]).feed(piece.content):
            if line.at > seen:
                seen = ""
                self._take(line)
        return seen

    def _take(self, line: Line) -> None:
        told = self._told(line)
        with self._lock:
            self._kept.append(told)
            self._characters += len(line.text)
            while len(self._kept) > MOST_LINES or self._characters > _MOST_CHARACTERS:
                self._characters -= len(self._kept.popleft().event.data["message"])
                self._more_before = True
            if self._caught_up:
                for each in self._readers:
                    each.reader.take(told)

    def _catch_up(self) -> None:
        with self._lock:
            if self._caught_up:
                return
            self._caught_up = True
            if len(self._kept) >= MOST_LINES:
                self._kept.popleft()  # it may be the end of a long line, and begin with half a secret
                self._more_before = True
            for each in self._readers:
                self._tell_past(each)

    def _tell_past(self, joined: "_Joined") -> None:
        past = list(self._kept)[-joined.tail :] if joined.tail else []
        if joined.since:
            past = [line for line in self._kept if line.at > joined.since]
            if self._more_before and len(past) == len(self._kept):
                joined.reader.lost()
        for line in past:
            joined.reader.take(line)

    def _told(self, line: Line) -> ContainerLine:
        source, level = self.source, guessed_level(line.text)
        record = {
            "timestamp": f"{line.at[:_MILLISECONDS]}Z",
            "level": level,
            "source": source.name,
            "message": line.text,
            "projectName": source.project,
            "environment": source.environment,
            "slot": source.slot,
        }
        event = StreamEvent(
            "log", source.team_id, record, source.project, source.environment or None, source.slot or None, level
        )
        return ContainerLine(self.place, line.at, event)


@dataclass(frozen=True, slots=True)
class _Joined:
    reader: LogReader
    tail: int
    since: str
