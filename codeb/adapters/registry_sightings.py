"""When each image was first seen in the registry, which keeps no date of a push: a JSON file."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from codeb.adapters.files import write_atomically
from codeb.domain.keys import Moment
from codeb.domain.records import iso

_log = structlog.get_logger()
_SEEN = TypeAdapter(dict[str, Moment])


@dataclass(frozen=True, slots=True)
class SightingsFile:
    path: Path

    def first(self, seen: Collection[str], now: datetime, *, keep: bool) -> Mapping[str, datetime]:
        """A file that is absent or damaged makes every image young, and none goes before its time."""
        known = self._read()
        first = {mark: known.get(mark, now) for mark in sorted(seen)}
        if keep and first != known:
            write_atomically(self.path, json.dumps({mark: iso(at) for mark, at in first.items()}, indent=1) + "\n")
        return first

    def _read(self) -> Mapping[str, datetime]:
        try:
            return _SEEN.validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            _log.warning("sightings_unreadable", path=str(self.path), reason=type(error).__name__)
            return {}
