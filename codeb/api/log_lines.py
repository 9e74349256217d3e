"""Lines of the log on their way to stderr: gathered for a moment, because there is one for every request."""

import atexit
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import BinaryIO

_GATHERED = 0.05
"""Seconds that a line may wait. A process that is killed takes with it what waits; a warning never does."""


@dataclass(slots=True)
class GatheredLines:
    """A structlog logger and its factory. Lines keep their order; warnings and worse are written at once."""

    stream: BinaryIO
    gathered: float = _GATHERED
    _lines: deque[bytes] = field(default_factory=deque)
    _wanted: threading.Event = field(default_factory=threading.Event)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def begin(cls, stream: BinaryIO) -> "GatheredLines":
        made = cls(stream)
        threading.Thread(target=made._again, name="log-lines", daemon=True).start()
        atexit.register(made.flush)
        return made

    def __call__(self, *_: object) -> "GatheredLines":
        return self

    def info(self, line: bytes) -> None:
        self._lines.append(line)
        if not self._wanted.is_set():
            self._wanted.set()

    debug = msg = info

    def warning(self, line: bytes) -> None:
        self._lines.append(line)
        self.flush()

    warn = error = exception = critical = fatal = warning

    def flush(self) -> None:
        """Nobody hears of a stream that takes nothing any more: there is nowhere to say it."""
        with self._writing:
            taken = [self._lines.popleft() for _ in range(len(self._lines))]
            if not taken:
                return
            try:
                self.stream.write(b"\n".join(taken) + b"\n")
                self.stream.flush()
            except (OSError, ValueError):
                return

    def _again(self) -> None:
        pause = threading.Event()
        while True:
            self._wanted.wait()
            pause.wait(self.gathered)
            self._wanted.clear()
            self.flush()
