"""The operator's secrets: made once, kept in one 0600 file, never printed. Spec section 9."""

import contextlib
import fcntl
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from codeb.errors import ConfigError

_BYTES = 30


@dataclass(frozen=True, slots=True)
class SecretStore:
    """``path`` is a JSON file of names and values; a second process on the same store waits its turn."""

    path: Path

    def __getitem__(self, name: str) -> str:
        """The secret of this name; made on first use."""
        return self.get_or_make(name, lambda: secrets.token_urlsafe(_BYTES))

    def get_or_make(self, name: str, make: Callable[[], str]) -> str:
        known = self._read()
        if name in known:
            return known[name]
        with self._locked():
            known = self._read()
            if name not in known:
                known[name] = make()
                self._write(known)
        return known[name]

    def put(self, values: dict[str, str]) -> None:
        """Replace several values in one step."""
        with self._locked():
            self._write({**self._read(), **values})

    def get(self, name: str) -> str | None:
        return self._read().get(name)

    def _read(self) -> dict[str, str]:
        try:
            mode = stat.S_IMODE(self.path.stat().st_mode)
            text = self.path.read_text()
        except FileNotFoundError:
            return {}
        if mode & 0o077:
            raise ConfigError(f"{self.path} can be read by others (mode {mode:04o}): chmod 600 it")
        try:
            values: dict[str, str] = json.loads(text)
        except ValueError:
            raise ConfigError(f"{self.path} is damaged: restore it from your backup, do not delete it") from None
        return values

    def _write(self, values: dict[str, str]) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        with os.fdopen(handle, "w") as file:
            json.dump(values, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(self.path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
