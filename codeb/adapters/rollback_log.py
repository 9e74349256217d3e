"""One JSON line per rollback. Spec section 5."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codeb.domain.names import Environment


@dataclass(frozen=True, slots=True)
class FileRollbackLog:
    directory: Path

    def append(self, environment: Environment, entry: Mapping[str, object]) -> None:
        handle = os.open(self.directory / f"{environment.key}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(json.dumps(entry) + "\n")
