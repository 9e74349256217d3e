"""Slot files: ``registry/slots/{project}-{environment}.json``, a projection of the journal."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from codeb.adapters.files import write_atomically
from codeb.adapters.journal import FileJournal
from codeb.domain.names import Environment
from codeb.domain.records import iso, pair_from, pair_record
from codeb.domain.slots import SlotPair
from codeb.services.errors import UnknownEnvironment
from codeb.services.protocols import Clock

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SlotFiles:
    """The journal is asked whenever it is ahead of the file: a crash between the two loses nothing."""

    directory: Path
    journal: FileJournal
    clock: Clock

    def get(self, environment: Environment) -> SlotPair:
        if (record := self.journal.latest_slots(environment)) is not None:
            return pair_from(record)
        try:
            return pair_from(json.loads(self._path(environment).read_bytes()))
        except FileNotFoundError:
            raise UnknownEnvironment(environment) from None

    def save(self, pair: SlotPair) -> None:
        """A file that cannot be written is no failure of what has happened already: the journal has it."""
        record = {**pair_record(pair), "lastUpdated": iso(self.clock.now())}
        try:
            write_atomically(self._path(pair.environment), json.dumps(record, indent=2) + "\n")
        except OSError as error:
            _log.warning("slot_file_behind", environment=pair.environment.key, reason=str(error))

    def all(self) -> Sequence[SlotPair]:
        return tuple(self.get(environment) for environment in self.journal.environments())

    def remove(self, environment: Environment) -> None:
        self._path(environment).unlink(missing_ok=True)

    def _path(self, environment: Environment) -> Path:
        return self.directory / f"{environment.key}.json"
