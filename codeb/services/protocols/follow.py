"""What a stream needs of containers: their lines, as they are written. Spec section 6, "SSE"."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from codeb.services.protocols.trail import StreamEvent

MOST_LINES = 1000


@dataclass(frozen=True, slots=True)
class ContainerLine:
    """One line, masked. ``place`` is the container's name without its project, ``at`` the engine's own time of it."""

    place: str
    at: str
    event: StreamEvent


@dataclass(frozen=True, slots=True)
class LogReader:
    """Who follows which containers. ``tail`` lines of each come first; ``since`` goes on after a time, by ``place``.

    ``take`` and ``lost`` are called from any thread and must not block; ``lost`` says that older lines are gone.
    """

    project: str
    team_id: str
    environment: str | None
    slot: str | None
    tail: int
    since: Mapping[str, str]
    take: Callable[[ContainerLine], None]
    lost: Callable[[], None]


class ContainerLogs(Protocol):
    """Follows a container while somebody reads it, once for all its readers."""

    def follow(self, reader: LogReader) -> None:
        """Begin; the slot's next container is followed as well when it comes. Never blocks."""
        ...

    def leave(self, reader: LogReader) -> None: ...


class NoContainerLogs:
    """Of a server that follows none."""

    def follow(self, reader: LogReader) -> None: ...

    def leave(self, reader: LogReader) -> None: ...
