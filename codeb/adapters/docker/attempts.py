"""What the tries of a wait saw, so that a start that was only slow can be told from one that was wrong."""

from dataclasses import dataclass, field

from codeb.adapters.probe import Seen, Stage

_LATE = 0.5
"""The share of the time from which on progress is a sign that more time would have done."""
_PROGRESS = {
    Stage.OPEN: "it began to listen",
    Stage.ANSWERED: "it answered for the first time",
    Stage.RIGHT: "its own address answered as it should",
}


@dataclass(slots=True)
class Attempts:
    """``timeout`` and ``after`` in seconds since the wait began; ``last`` is the latest trouble."""

    timeout: int
    last: str = field(default="it was not asked", init=False)
    best: Stage = field(default=Stage.UNASKED, init=False)
    _came_after: float = field(default=0, init=False)
    _came_from: Stage = field(default=Stage.UNASKED, init=False)

    def saw(self, seen: Seen, after: float) -> None:
        if seen.stage > self.best:
            self._came_from, self._came_after, self.best = self.best, after, seen.stage
        self.last = seen.trouble or self.last

    @property
    def close(self) -> str | None:
        """Said when it came close: the progress that it made late in the wait."""
        if self.best <= Stage.CLOSED or self._came_after < self.timeout * _LATE:
            return None
        progress = _PROGRESS[Stage.OPEN if self._came_from <= Stage.CLOSED else self.best]
        return f"{progress} after {self._came_after:.1f} s of {self.timeout}"
