"""The key file, ``registry/api-keys.json``: the authority for API keys, held in memory. Spec section 6, "Auth"."""

from dataclasses import dataclass, field
from pathlib import Path

import structlog

from codeb.adapters import looks
from codeb.adapters.key_uses import KeyUses
from codeb.adapters.registry_entries import key_of, read_table
from codeb.domain.access import key_hash
from codeb.domain.keys import KeyRecord, RateLimit
from codeb.errors import Unavailable

__all__ = ["KeyRecord", "KeyRegistry", "RateLimit"]
_MOMENT = 0.02
_log = structlog.get_logger()


@dataclass(slots=True)
class KeyRegistry:
    """Looks keys up by their hash; reads the file again when it has changed. Not for several threads."""

    path: Path
    problem: str | None = None
    uses: KeyUses = field(init=False)
    _by_hash: dict[str, KeyRecord] = field(default_factory=dict)
    _stamp: tuple[int, int, int] | None = None

    def __post_init__(self) -> None:
        self.uses = KeyUses(self.path.with_name("key-uses.json"))

    def find(self, text: str) -> KeyRecord | None:
        """The record of the key; raises Unavailable while the file cannot be read.

        A key that was made a moment ago is found at once, and one that is revoked by this process is gone at once;
        by another process, a moment later.
        """
        hashed = key_hash(text)
        if (found := self._current().get(hashed)) is None:
            looks.forget(self.path)
            found = self._current().get(hashed)
        return found

    def any(self) -> bool:
        return bool(self._current())

    def used(self, key_id: str) -> None:
        """Remember that the key was just used. In memory only; :meth:`flush` writes."""
        self.uses.note(key_id)

    def flush(self, *, at_once: bool = False) -> None:
        """Write when keys were last used, once in five minutes at most. From any thread; raises Unwritable."""
        if self.problem:
            return
        self.uses.flush({record.id for record in self._by_hash.values()}, at_once=at_once)

    def refresh(self) -> None:
        """Load the file if it is not the one in memory. A damaged file empties the memory and sets ``problem``."""
        try:
            stat = looks.stat(self.path, _MOMENT)
        except FileNotFoundError:
            self._keep({}, None, None)
            return
        except OSError as error:
            self._keep({}, f"it cannot be read: {error.strerror}", None)
            return
        stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._load(stamp)

    def _current(self) -> dict[str, KeyRecord]:
        self.refresh()
        if self.problem:
            raise Unavailable("the key file", f"{self.problem}; restore {self.path} or make it again")
        return self._by_hash

    def _load(self, stamp: tuple[int, int, int]) -> None:
        try:
            entries = read_table(self.path)
        except (OSError, ValueError) as error:
            self._keep({}, f"it is damaged: {error}", stamp)
            return
        records = (key_of(entry_id, entry) for entry_id, entry in entries.items())
        self._keep({record.key_hash: record for record in records if record}, None, stamp)

    def _keep(self, records: dict[str, KeyRecord], problem: str | None, stamp: tuple[int, int, int] | None) -> None:
        if problem and problem != self.problem:
            _log.error("key_file_unusable", path=str(self.path), reason=problem, effect="no key is accepted")
        self._by_hash, self.problem, self._stamp = records, problem, stamp
