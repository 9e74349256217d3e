"""Requests to end a deploy: a file each, so that every process of the host sees them. Spec section 6."""

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from codeb.adapters.files import writing
from codeb.errors import InvalidInput

_ID = re.compile(r"dep_[0-9a-f]{16}")
_OLD_SECONDS = 7 * 24 * 3600
"""No deploy runs this long: a request of then came after its deploy had ended."""


@dataclass(frozen=True, slots=True)
class FileCancellations:
    """``directory`` holds an empty file per deployment that somebody wants to end. Made when first needed."""

    directory: Path

    def request(self, deployment_id: str) -> None:
        """Ask for the end of a deploy; asking again changes nothing. Raises InvalidInput, Unwritable."""
        path = self._path(deployment_id)
        with writing(path):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._forget_old()
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))

    def requested(self, deployment_id: str) -> bool:
        return self._path(deployment_id).exists()

    def forget(self, deployment_id: str) -> None:
        self._path(deployment_id).unlink(missing_ok=True)

    def _forget_old(self) -> None:
        limit = time.time() - _OLD_SECONDS
        for path in self.directory.glob("dep_*"):
            try:
                if path.stat().st_mtime < limit:
                    path.unlink()
            except FileNotFoundError:
                continue

    def _path(self, deployment_id: str) -> Path:
        if not _ID.fullmatch(deployment_id):
            raise InvalidInput("deploymentId", f"{deployment_id!r} is not the id of a deployment")
        return self.directory / deployment_id
