"""The file of the secret store: names and values, 0600, whole at every moment, and when each value was made.

It is encrypted by its seal; one of before, which is JSON in the clear, is read and encrypted by the first write.
"""

import contextlib
import json
import os
import stat
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from codeb.errors import ConfigError
from codeb.secret_seal import Seal, is_sealed

MADE = "_made"

Values = dict[str, str]


def read(path: Path, seal: Seal | None = None) -> Values:
    """What the file has. Raises ConfigError, as WrongPassphrase too, and leaves the file as it is."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    if mode & 0o077:
        raise ConfigError(f"{path} can be read by others (mode {mode:04o}): chmod 600 it")
    with contextlib.suppress(ValueError):
        values = json.loads(text)
        if is_sealed(values):
            values = json.loads(_opener(path, seal).opened(values))
        if isinstance(values, dict) and all(isinstance(value, str) for value in values.values()):
            return values
    raise ConfigError(f"{path} is damaged: restore it from your backup, do not delete it")


def encrypted(path: Path) -> bool:
    """Whether the file is there and needs a passphrase."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        return is_sealed(json.loads(path.read_text()))
    return False


def write(path: Path, before: Values, after: Values, seal: Seal | None = None) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    changed = {name: now for name, value in after.items() if before.get(name) != value}
    dates = {name: when for name, when in (made(before) | changed).items() if name in after and name != MADE}
    text = json.dumps({**after, MADE: json.dumps(dates, sort_keys=True)}, indent=1, sort_keys=True)
    text = seal.closed(text) if seal else text
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def made(values: Values) -> Values:
    """Only a help: when it is damaged nothing is known of when."""
    with contextlib.suppress(ValueError):
        found = json.loads(values.get(MADE, "{}"))
        if isinstance(found, dict):
            return {name: when for name, when in found.items() if _is_time(when)}
    return {}


def _opener(path: Path, seal: Seal | None) -> Seal:
    if seal is None:
        raise ConfigError(f"{path} is encrypted, and this program was given no way to its passphrase")
    return seal


def _is_time(text: object) -> bool:
    with contextlib.suppress(ValueError):
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    return False
