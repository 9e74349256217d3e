"""What was read of a journal, and how it follows the file: of a file that grew only the new lines are read."""

import fcntl
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codeb.adapters import looks
from codeb.adapters.journal.lines import opened, read_from
from codeb.domain.events import SETTLING, Event
from codeb.domain.records import Record, event_from
from codeb.errors import CodebError

Stamp = tuple[int, int, int]
_MOMENT = 0.1


class JournalDamaged(CodebError):
    """A line that is no event, in the middle of a journal: nothing that this software does leaves one."""

    code = "journal_damaged"

    def __init__(self, path: Path, line: int, reason: str) -> None:
        self.path, self.line = path, line
        super().__init__(
            f"{path}, line {line}, is not an event ({reason}): the file was damaged from outside;"
            " look at the disk, then repair or remove that line"
        )

    def facts(self) -> dict[str, object]:
        return {"file": str(self.path), "line": self.line}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The events of a journal up to its byte ``end``; ``last`` is the line before it."""

    stamp: Stamp | None = None
    events: tuple[Event, ...] = ()
    slots: Record | None = None
    end: int = 0
    last: bytes = b""

    def followed(self, path: Path) -> "Snapshot":
        """What the journal holds now, for one stat when nothing has changed; raises JournalDamaged."""
        try:
            if self.stamp == _stamp(os.stat(path)):  # noqa: PTH116  on the path of every look
                return self
            with opened(path, fcntl.LOCK_SH) as handle:
                stamp = _stamp(os.fstat(handle))
                before = self if self._begins(handle, stamp) else Snapshot()
                return before._with(stamp, parsed(path, whole_lines(handle, before.end), len(before.events)))
        except FileNotFoundError:
            return Snapshot()
        except OSError as error:
            raise JournalDamaged(path, 0, error.strerror or str(error)) from error

    def current(self, path: Path) -> bool:
        """Whether the journal is as it was read, a moment ago at most where another process writes it."""
        try:
            return self.stamp == _stamp(looks.stat(path, _MOMENT))
        except OSError:
            return False

    def _begins(self, handle: int, stamp: Stamp) -> bool:
        """Whether the file is the one that was read, grown; an inode's number alone may have been given again."""
        if self.stamp is None or self.stamp[0] != stamp[0] or stamp[1] < self.end:
            return False
        return os.pread(handle, len(self.last), self.end - len(self.last)) == self.last

    def _with(self, stamp: Stamp, new: Sequence[tuple[bytes, Event]]) -> "Snapshot":
        events = tuple(event for _, event in new)
        return Snapshot(
            stamp=stamp,
            events=self.events + events,
            slots=_slots(events) or self.slots,
            end=self.end + sum(len(line) for line, _ in new),
            last=new[-1][0] if new else self.last,
        )


def whole_lines(handle: int, offset: int) -> Sequence[bytes]:
    """With their newlines; what follows the last newline was never acknowledged."""
    return [line + b"\n" for line in read_from(handle, offset).split(b"\n")[:-1]]


def parsed(path: Path, lines: Sequence[bytes], before: int = 0) -> Sequence[tuple[bytes, Event]]:
    """Each line with its event; ``before`` lines stand above them. Raises JournalDamaged."""
    found = []
    for number, line in enumerate(lines, before + 1):
        try:
            found.append((line, event_from(json.loads(line))))
        except ValueError as error:
            raise JournalDamaged(path, number, str(error).splitlines()[0]) from None
    return found


def _slots(events: Sequence[Event]) -> Record | None:
    """As the newest settling event left them."""
    for event in reversed(events):
        slots = event.data.get("slots")
        if event.kind in SETTLING and isinstance(slots, dict):
            return slots
    return None


def _stamp(stat: os.stat_result) -> Stamp:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
