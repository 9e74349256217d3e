"""One JSON line per rollback. Spec section 5."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from codeb.adapters.journal.lines import append
from codeb.domain.names import Environment

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FileRollbackLog:
    """``directory`` holds ``{project}-{environment}.jsonl``."""

    directory: Path

    def append(self, environment: Environment, entry: Mapping[str, object]) -> None:
        """A line whole or absent. One that cannot be written fails no rollback: the journal has it."""
        path = self.directory / f"{environment.key}.jsonl"
        try:
            append(path, f"{json.dumps(entry)}\n".encode())
        except OSError as error:
            _log.error("rollback_not_logged", file=str(path), reason=str(error), **entry)
