"""Slot files: ``registry/slots/{project}-{environment}.json``, a projection of the journal."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import is_
from pathlib import Path

import structlog

from codeb.adapters import looks
from codeb.adapters.files import write_atomically
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.journal.snapshot import JournalDamaged
from codeb.adapters.looks import Moment
from codeb.domain.names import Environment
from codeb.domain.records import Record, iso, pair_from, pair_record
from codeb.domain.slots import SlotPair
from codeb.errors import CodebError
from codeb.services.errors import UnknownEnvironment
from codeb.services.protocols import Clock

_log = structlog.get_logger()
_MOMENT = 0.1
"""Seconds, as for one journal."""


class SlotFileDamaged(CodebError):
    """A record of slots that cannot be read: a damaged file, or one of a newer version."""

    code = "slot_file_damaged"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} or its journal holds no record of slots that this version can read; restore it, or the version of"
            " CodeB that wrote it"
        )


@dataclass(frozen=True, slots=True)
class SlotFiles:
    """The journal is asked whenever it is ahead of the file: a crash between the two loses nothing."""

    directory: Path
    journal: FileJournal
    clock: Clock
    _pairs: dict[Environment, tuple[Record, SlotPair]] = field(default_factory=dict, repr=False, compare=False)
    _together: list[tuple[Moment, tuple[SlotPair, ...]]] = field(default_factory=list, repr=False, compare=False)
    """All of them, and how long they need not be looked at: one entry, or none."""

    def get(self, environment: Environment) -> SlotPair:
        """Raises UnknownEnvironment, JournalDamaged, SlotFileDamaged."""
        if (record := self.journal.latest_slots(environment)) is not None:
            return self._pair(environment, record)
        path = self._path(environment)
        try:
            return pair_from(json.loads(path.read_bytes()))
        except FileNotFoundError:
            raise UnknownEnvironment(environment) from None
        except (ValueError, KeyError, TypeError) as error:
            raise SlotFileDamaged(path) from error

    def at_hand(self, environment: Environment) -> SlotPair | None:
        """What was read of the journal, for one stat; None where it has grown since, or was not read yet."""
        known = self._pairs.get(environment)
        if known is None or known[0] is not self.journal.slots_at_hand(environment):
            return None
        return known[1]

    def all_at_hand(self) -> Sequence[SlotPair] | None:
        """The same of every environment; None where one of them is not at hand.

        The very tuple of before while nothing has changed, so that what was made of it can be kept as well.
        """
        before = self._together[0][1] if self._together else ()
        if self._together and looks.lasts(self._together[0][0]):
            return before
        moment = looks.moment(_MOMENT)
        found = []
        for environment in self.journal.environments():
            if (pair := self.at_hand(environment)) is None:
                return None
            found.append(pair)
        same = len(found) == len(before) and all(map(is_, found, before))
        self._together[:] = [(moment, before if same else tuple(found))]
        return self._together[0][1]

    def save(self, pair: SlotPair) -> None:
        """A file that cannot be written is no failure of what has happened already: the journal has it."""
        record = {**pair_record(pair), "lastUpdated": iso(self.clock.now())}
        try:
            write_atomically(self._path(pair.environment), json.dumps(record, indent=2) + "\n")
        except OSError as error:
            _log.warning("slot_file_behind", environment=pair.environment.key, reason=str(error))

    def all(self) -> Sequence[SlotPair]:
        """Of every environment whose journal can be read: a damaged one hides itself, and no other."""
        return tuple(pair for each in self.journal.environments() if (pair := self._readable(each)) is not None)

    def remove(self, environment: Environment) -> None:
        self._path(environment).unlink(missing_ok=True)
        self._pairs.pop(environment, None)

    def _readable(self, environment: Environment) -> SlotPair | None:
        try:
            return self.get(environment)
        except UnknownEnvironment:
            return None
        except (JournalDamaged, SlotFileDamaged) as error:
            _log.error("slots_unreadable", environment=environment.key, reason=str(error))
            return None

    def _pair(self, environment: Environment, record: Record) -> SlotPair:
        """The journal gives the same record, the very object, until it has another."""
        known = self._pairs.get(environment)
        if known is None or known[0] is not record:
            try:
                known = self._pairs[environment] = (record, pair_from(record))
            except (ValueError, KeyError, TypeError) as error:
                raise SlotFileDamaged(self._path(environment)) from error
        return known[1]

    def _path(self, environment: Environment) -> Path:
        return self.directory / f"{environment.key}.json"
