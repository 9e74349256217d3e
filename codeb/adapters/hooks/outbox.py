"""Events that wait for their delivery: a file each, written in a moment, so that no release waits for a receiver."""

import contextlib
import hashlib
import json
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from pydantic import TypeAdapter, ValidationError

from codeb.adapters.files import write_atomically
from codeb.adapters.hooks.signature import team_signer
from codeb.services.protocols import Clock

_log = structlog.get_logger()
MAX_WAITING = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event for one URL. ``body`` is what is sent, the same at every try."""

    id: str
    url: str
    project: str
    made_at: str
    event: str
    body: str
    since: datetime
    due: datetime
    tries: int = 0

    @property
    def receiver(self) -> str:
        """As it may be logged: the rest of a webhook's URL is often its password."""
        return urlsplit(self.url).hostname or ""

    def later(self, now: datetime, wait: timedelta) -> "Waiting":
        return replace(self, due=now + wait, tries=self.tries + 1)


_WAITING = TypeAdapter(Waiting)


@dataclass(frozen=True, slots=True)
class Outbox:
    """``directory`` holds ``{when}-{receiver}-{id}.json``: by name in the order of their coming, per receiver."""

    directory: Path
    clock: Clock
    max_waiting: int = MAX_WAITING
    _last: list[int] = field(default_factory=lambda: [0])

    def announce(self, url: str, event: Mapping[str, object]) -> None:
        """Keep the event for its delivery. Whatever is in the way is logged: no release fails over a webhook."""
        try:
            self._keep(url, event)
        except (OSError, ValueError, TypeError) as error:
            _log.warning(
                "hook_not_kept", hook_event=event.get("event"), project=event.get("projectName"), reason=str(error)
            )

    def queues(self) -> Mapping[str, Sequence[Path]]:
        """What waits, a queue per receiver, oldest first."""
        queues: defaultdict[str, list[Path]] = defaultdict(list)
        for path in self._files():
            queues[_receiver(path)].append(path)
        return queues

    def open(self, path: Path) -> Waiting | None:
        """None for what is no longer there, and for what makes no sense, which is removed."""
        with contextlib.suppress(OSError):
            try:
                return _WAITING.validate_json(path.read_bytes())
            except ValidationError:
                _log.warning("hook_unreadable", file=path.name, effect="it is dropped")
                path.unlink()
        return None

    def put_back(self, path: Path, waiting: Waiting) -> None:
        """Unless it was dropped meanwhile."""
        with contextlib.suppress(OSError):
            if path.exists():
                write_atomically(path, _WAITING.dump_json(waiting))

    def done(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            path.unlink()

    def _keep(self, url: str, event: Mapping[str, object]) -> None:
        now, (signer, made_at) = self.clock.now(), _signer(event)
        waiting = Waiting(
            id=str(event.get("id") or f"hook_{secrets.token_hex(10)}"),
            url=url,
            project=signer,
            made_at=made_at,
            event=str(event.get("event", "")),
            body=json.dumps(event, separators=(",", ":")),
            since=now,
            due=now,
        )
        self._make_room()
        write_atomically(self.directory / self._name(url), _WAITING.dump_json(waiting))

    def _name(self, url: str) -> str:
        """Names go up within a process; between processes the clock decides."""
        self._last[0] = max(time.time_ns(), self._last[0] + 1)
        return f"{self._last[0]:020d}-{hashlib.sha256(url.encode()).hexdigest()[:16]}-{secrets.token_hex(4)}.json"

    def _make_room(self) -> None:
        """Drop the oldest of whoever has the most waiting, so that one dead receiver costs nobody else's events."""
        files = self._files()
        while len(files) >= self.max_waiting:
            fullest, _ = Counter(map(_receiver, files)).most_common(1)[0]
            oldest = next(path for path in files if _receiver(path) == fullest)
            dropped = self.open(oldest)
            _log.warning("hook_dropped", reason=f"{len(files)} wait already", **described(dropped))
            self.done(oldest)
            files.remove(oldest)

    def _files(self) -> list[Path]:
        return sorted(self.directory.glob("[0-9]*-*-*.json"))


def described(waiting: Waiting | None) -> dict[str, object]:
    """What a log may hold of an event."""
    if waiting is None:
        return {}
    return {
        "delivery": waiting.id,
        "project": waiting.project,
        "hook_event": waiting.event,
        "receiver": waiting.receiver,
        "tries": waiting.tries,
    }


def _signer(event: Mapping[str, object]) -> tuple[str, str]:
    """Whose secret signs it, and when that one was made: the team's where the event is told to the whole team."""
    if team := event.get("teamId"):
        return team_signer(str(team)), str(event.get("teamCreatedAt") or "")
    return str(event.get("projectName", "")), str(event.get("projectCreatedAt", ""))


def _receiver(path: Path) -> str:
    return path.name.split("-")[1]
