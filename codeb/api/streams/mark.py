"""Where a reader is: the id of each event, from which ``Last-Event-ID`` goes on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_MARK = re.compile(r"(?P<epoch>[0-9a-f]{8})-(?P<number>\d{1,18})(?P<lines>(@[a-z0-9-]{1,80}=[0-9TZ:.+-]{1,40}){0,16})")


@dataclass(frozen=True, slots=True)
class Mark:
    """``{epoch}-{number}``, then ``@{container}={time}`` for each container whose lines were read.

    ``epoch`` is of the server's process: another one has numbers of its own. A container is named without its
    project, and its lines are known by the engine's own time of them.
    """

    epoch: str
    number: int
    lines: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Mark | None":
        match = _MARK.fullmatch(text)
        if match is None:
            return None
        pairs = (each.partition("=") for each in match["lines"].split("@") if each)
        return cls(match["epoch"], int(match["number"]), {name: at for name, _, at in pairs})

    def __str__(self) -> str:
        lines = "".join(f"@{name}={at}" for name, at in sorted(self.lines.items()))
        return f"{self.epoch}-{self.number}{lines}"
