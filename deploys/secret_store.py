"""The operator's secrets: made once, kept in one 0600 file, never printed. Spec section 9."""

import contextlib
import fcntl
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
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
        return self.get_or_make_all((name,), lambda: {name: make()})[name]

    def get_or_make_all(self, names: Sequence[str], make: Callable[[], dict[str, str]]) -> dict[str, str]:
        """Values that belong together: all of them as they are kept, or all of them new."""
        known = self._read()
        if known.keys() >= set(names):
            return known
        with self._locked():
            known = self._read()
            if not known.keys() >= set(names):
                known |= make()
                self._write(known)
        return known

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
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be read: {error.strerror}") from None
        if mode & 0o077:
            raise ConfigError(f"{self.path} can be read by others (mode {mode:04o}): chmod 600 it")
        with contextlib.suppress(ValueError):
            values = json.loads(text)
            if isinstance(values, dict) and all(isinstance(value, str) for value in values.values()):
                return values
        raise ConfigError(f"{self.path} is damaged: restore it from your backup, do not delete it")

    def _write(self, values: dict[str, str]) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        with os.fdopen(handle, "w") as file:
            json.dump(values, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(self.path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self.path.with_name(f".{self.path.name}.lock")
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(
                f"{lock} cannot be written ({error.strerror}): check secrets_file in infra.toml"
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
