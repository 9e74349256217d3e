"""A copy of a backup, decrypted on the operator's machine, and a look at whether it is one. Security row 12."""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pyrage

from codeb.domain.backup_copies import Copy
from codeb.errors import ConfigError, Refused

_COMPLETE = "PostgreSQL database cluster dump complete"
_PATIENCE = 3600


class BadCopy(Refused):
    """A copy does not decrypt, or is not what was backed up."""

    code = "bad_copy"


def identities(texts: Sequence[str]) -> list[pyrage.x25519.Identity]:
    """The operator's, newest first. Raises ConfigError when the store has none or a damaged one."""
    try:
        found = [pyrage.x25519.Identity.from_str(text) for text in texts if text]
    except pyrage.IdentityError:
        raise ConfigError("backup_identity in the secret store is damaged: restore the store") from None
    if not found:
        raise ConfigError("the secret store has no backup_identity: the first run of the bootstrap makes it")
    return found


def decrypted(source: Path, into: Path, keys: Sequence[pyrage.x25519.Identity]) -> None:
    """Raises BadCopy when no key opens it or a byte of it is another."""
    try:
        with source.open("rb") as encrypted, into.open("wb") as plain:
            pyrage.decrypt_io(encrypted, plain, list(keys))
    except pyrage.DecryptError as error:
        raise BadCopy(f"it does not decrypt with the store's backup_identity: {error}") from None
    except OSError as error:
        raise BadCopy(f"it does not decrypt: {error}") from None


def unpacked(tar: Path, directory: Path) -> None:
    """Plain files below the directory, for their owner's eyes. Raises BadCopy for anything else."""
    try:
        with tarfile.open(tar) as opened:
            for member in opened:
                _extract(opened, member, directory)
    except (tarfile.TarError, OSError) as error:
        raise BadCopy(f"it is no whole archive: {error}") from None


def _extract(opened: tarfile.TarFile, member: tarfile.TarInfo, directory: Path) -> None:
    name = Path(member.name)
    source = opened.extractfile(member) if member.isreg() else None
    if source is None or name.is_absolute() or ".." in name.parts:
        raise BadCopy("it has something else than plain files")
    target = directory / name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(source, file)


def checked(copy: Copy, directory: Path) -> str:
    """What it has, in a sentence. Raises BadCopy when it is not what was backed up."""
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    if copy.kind == "database":
        return _database(files)
    if copy.kind == "globals":
        if not any(_COMPLETE in path.read_text() for path in files):
            raise BadCopy("its last line is missing")
        return "roles and their settings"
    if copy.kind == "redis":
        if not any(path.read_bytes()[:5] == b"REDIS" for path in files):
            raise BadCopy("it is no snapshot of Redis")
        return "a snapshot of Redis"
    if "api-keys.json" not in {path.name for path in files}:
        raise BadCopy("it has no API keys")
    return f"{len(files)} files of the app host"


def _database(files: Sequence[Path]) -> str:
    by_suffix = {path.suffix: path for path in files}
    try:
        record = json.loads(by_suffix[".json"].read_text())
        dump = by_suffix[".dump"]
        rows, wanted = sum(record["rows"].values()), record["sha256"]
    except (KeyError, ValueError, TypeError) as error:
        raise BadCopy("it has no dump with a record of what is in it") from error
    with dump.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != wanted:
            raise BadCopy("the dump is not as it was written")
    return f"{len(record['rows'])} tables, {rows} rows{_listed(dump)}"


def _listed(dump: Path) -> str:
    """Read by PostgreSQL's own program, where this machine has it."""
    if not (program := shutil.which("pg_restore")):
        return "; pg_restore is not here to read it"
    done = subprocess.run([program, "--list", dump], capture_output=True, timeout=_PATIENCE, check=False)
    if done.returncode:
        raise BadCopy("pg_restore cannot read it")
    return ""
