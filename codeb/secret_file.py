"""The file of the secret store: JSON of names and values, 0600, whole at every moment, and when each value was made."""

import contextlib
import json
import os
import stat
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from codeb.errors import ConfigError

MADE = "_made"

Values = dict[str, str]


def read(path: Path) -> Values:
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
        if isinstance(values, dict) and all(isinstance(value, str) for value in values.values()):
            return values
    raise ConfigError(f"{path} is damaged: restore it from your backup, do not delete it")


def write(path: Path, before: Values, after: Values) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    changed = {name: now for name, value in after.items() if before.get(name) != value}
    dates = {name: when for name, when in (made(before) | changed).items() if name in after and name != MADE}
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump({**after, MADE: json.dumps(dates, sort_keys=True)}, file, indent=1, sort_keys=True)
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


def _is_time(text: object) -> bool:
    with contextlib.suppress(ValueError):
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    return False
