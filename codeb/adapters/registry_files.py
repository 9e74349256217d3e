"""``api-keys.json`` and ``teams.json``: who reads and writes them. Spec section 7, "On the app host".

A change is one turn under a lock: read, change, keep the previous content as ``….backup``, write atomically. What a
file holds beside what we understand stays in it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from codeb.adapters import looks
from codeb.adapters.files import writing
from codeb.adapters.key_uses import read_uses
from codeb.adapters.registry_change import Change
from codeb.adapters.registry_entries import KEYS, TEAMS, key_of, parsed, read_table, team_of
from codeb.domain.keys import KeyRecord
from codeb.domain.teams import Team
from codeb.errors import Unavailable
from codeb.services.protocols import Clock

_MOMENT = 0.02
_USES = "key-uses.json"


@dataclass(slots=True)
class RegistryFiles:
    """See :class:`codeb.services.protocols.access.AccessRegistry`. ``directory`` holds the files."""

    directory: Path
    clock: Clock
    _held: dict[str, tuple[tuple[int, int, int], dict[str, Any]]] = field(default_factory=dict)
    _paths: dict[str, Path] = field(init=False, repr=False)
    """Made once: they are looked up for every request."""

    def __post_init__(self) -> None:
        self._paths = {name: self.directory / name for name in (TEAMS, KEYS)}

    def teams(self) -> Mapping[str, Team]:
        return self._read(TEAMS, team_of)

    def keys(self) -> Mapping[str, KeyRecord]:
        return self._read(KEYS, key_of)

    def uses(self) -> Mapping[str, datetime]:
        return read_uses(self.directory / _USES)

    @contextmanager
    def changing(self, *, keep: bool = True) -> Iterator[Change]:
        change = Change(self.directory, self.clock)
        if not keep:
            yield change
            return
        with self._locked():
            yield change
            change.write()

    def _read(self, name: str, parse: Callable[[str, Any], Any]) -> dict[str, Any]:
        """From memory, unless the file is another one by now."""
        path = self._paths[name]
        try:
            stat = looks.stat(path, _MOMENT)
            stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            held = self._held.get(name)
            if held is None or held[0] != stamp:
                held = (stamp, parsed(read_table(path), parse))
                self._held[name] = held
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise Unavailable(
                str(path), f"it is damaged: {error}; {name}.backup beside it has what was before"
            ) from error
        return held[1]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with writing(self.directory):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.directory / ".keys.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
