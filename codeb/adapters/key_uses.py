"""When keys were last used: in memory, and now and then in ``registry/key-uses.json``. Lesson 30.

The key file itself is never written for it, and no request waits for it.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from codeb.adapters.clock import SystemClock
from codeb.adapters.files import write_atomically
from codeb.domain.keys import Moment
from codeb.domain.records import iso
from codeb.services.protocols import Clock

_log = structlog.get_logger()
_USES = TypeAdapter(dict[str, Moment])


@dataclass(slots=True)
class KeyUses:
    """``note`` from the request's thread, ``flush`` from one in the background. ``every``: between two writes."""

    path: Path
    clock: Clock = field(default_factory=SystemClock)
    every: timedelta = timedelta(minutes=5)
    _new: dict[str, datetime] = field(default_factory=dict)
    _written: datetime | None = None

    def note(self, key_id: str) -> None:
        self._new[key_id] = self.clock.now()

    def flush(self, known: Collection[str], *, at_once: bool = False) -> bool:
        """Write what is new of the ``known`` keys, if the last write is old enough; say whether. Raises Unwritable."""
        now = self.clock.now()
        waiting = self._written is not None and now - self._written < self.every and not at_once
        if waiting or not self._new:
            return False
        new, self._new = self._new, {}
        merged = {key: used for key, used in {**read_uses(self.path), **new}.items() if key in known}
        try:
            write_atomically(self.path, json.dumps({key: iso(merged[key]) for key in sorted(merged)}, indent=2) + "\n")
        except OSError:
            self._new = {**new, **self._new}
            raise
        self._written = now
        return True


def read_uses(path: Path) -> Mapping[str, datetime]:
    """Empty where the file is absent or damaged: it is worth no refusal, and the next use writes it again."""
    try:
        return _USES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        _log.warning("key_uses_unreadable", path=str(path), reason=type(error).__name__)
        return {}
