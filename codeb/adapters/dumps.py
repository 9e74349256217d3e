"""Dumps of a project's own database, taken before a migration: ``dumps/{project}-{environment}/{deployment}.dump``."""

import os
import re
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from codeb.adapters.files import sync_directory
from codeb.adapters.hooks.addresses import AddressRefused, Allowed, Resolve, reachable, system_addresses
from codeb.adapters.local.exec import CommandNotFound, CommandTimedOut, LocalExec
from codeb.adapters.postgres_url import client_environment
from codeb.domain.names import Environment, EnvironmentName
from codeb.errors import InvalidInput
from codeb.services.errors import DumpFailed

KEEP = 5
_SECONDS = 1800.0
_LARGEST = 50 * 1024**3
_RESERVE = 2 * 1024**3
_CONNECT_SECONDS = "10"
_DEPLOYMENT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MEANINGS = {
    "No space left on device": "the app host's disk is full; remove images or dumps that are no longer needed",
    "server version mismatch": "the app host's pg_dump is older than the server; install a newer postgresql-client",
    "authentication failed": "the server does not accept the user and password of the URL",
    "no pg_hba.conf entry": "the server does not accept this user, database or encryption from the app host",
    "permission denied": "the user of the URL may not read the whole database",
    "certificate": "the server's certificate was not accepted",
    "does not exist": "the server does not have what the URL names",
    "Connection refused": "no PostgreSQL answers at the URL's address",
    "could not translate host name": "the URL's host is not known to the app host",
    "timeout expired": "no PostgreSQL answers at the URL's address in time",
}
"""What clients say, and what it means for whoever reads it."""


@dataclass(frozen=True, slots=True)
class PgDumps:
    """``certificates`` is the file of CAs for databases whose URL asks for a verified server.

    Of the disk, ``reserve`` bytes are left whatever the database holds: its team decides what that is.
    """

    directory: Path
    local: LocalExec
    allowed: Allowed
    certificates: str = ""
    timeout: float = _SECONDS
    resolve: Resolve = system_addresses
    largest: int = _LARGEST
    reserve: int = _RESERVE

    def take(self, environment: Environment, deployment_id: str, url: str) -> str:
        """Dump, read the dump's table of contents back, then give it its name. The newest five are kept.

        The connection travels in variables, never on a command line. Raises DumpFailed.
        """
        if not _DEPLOYMENT.fullmatch(deployment_id):
            raise DumpFailed(f"{environment}: {deployment_id!r} cannot be the name of a dump")
        try:
            connection = client_environment(url, certificates=self.certificates)
        except InvalidInput as error:
            raise _failed(environment, f"of its URL, {error}") from None
        connection = {**connection, **self._addresses(environment, connection)}
        dump = _unused(self.directory / environment.key, deployment_id)
        with _failing(environment), _part(dump) as part:
            self._require_room(environment)
            self._run(environment, ["pg_dump", "--format=custom", "--no-password", f"--file={part}"], connection)
            self._run(environment, ["pg_restore", "--list", str(part)], {})
            part.replace(dump)
            sync_directory(dump.parent)
            _shorten(dump.parent, dump)
        return str(dump)

    def keep(self, environment: Environment, label: str, url: str) -> str:
        """As ``take``, into ``deleted/``, which no deletion of a project touches."""
        return replace(self, directory=self.directory / "deleted").take(environment, label, url)

    def _addresses(self, environment: Environment, connection: Mapping[str, str]) -> Mapping[str, str]:
        """Where its hosts are, looked up once and connected to as they are: no team reaches the platform by a URL."""
        try:
            found = [reachable(host, self.resolve, self.allowed)[0] for host in connection["PGHOST"].split(",")]
        except AddressRefused as error:
            raise _failed(environment, str(error)) from None
        return {"PGHOSTADDR": ",".join(found)}

    def remove(self, project: str) -> None:
        """Remove the dumps of a project that is deleted."""
        for name in EnvironmentName:
            shutil.rmtree(self.directory / Environment(project, name).key, ignore_errors=True)

    def _require_room(self, environment: Environment) -> None:
        if self._room() <= 0:
            raise _failed(environment, _MEANINGS["No space left on device"])

    def _room(self) -> int:
        return min(self.largest, shutil.disk_usage(self.directory).free - self.reserve)

    def _run(self, environment: Environment, arguments: list[str], connection: Mapping[str, str]) -> None:
        """HOME is a directory without files of PostgreSQL's, so that no key or password of ours is offered."""
        variables = {"LC_ALL": "C", "PGCONNECT_TIMEOUT": _CONNECT_SECONDS, "HOME": str(self.directory), **connection}
        program = arguments[0]
        try:
            ran = self.local.run(arguments, timeout=self.timeout, environ=variables, file_limit=max(0, self._room()))
        except CommandNotFound:
            reason = f"{program} is not on the app host; install postgresql-client, or run the bootstrap again"
            raise _failed(environment, reason) from None
        except CommandTimedOut:
            raise _failed(environment, f"{program} had not ended after {self.timeout:g} s") from None
        if ran.exit_code == -signal.SIGXFSZ:
            raise _failed(environment, "its dump is more than the app host has room for")
        if ran.exit_code != 0:
            said = ran.stderr.decode(errors="replace")
            raise _failed(environment, _reason(program, said, connection.get("PGPASSWORD")))


@contextmanager
def _part(dump: Path) -> Iterator[Path]:
    """The file that is dumped into; gone when the block fails."""
    for directory in (dump.parent.parent, dump.parent):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = dump.with_name(f"{dump.name}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600))
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _failing(environment: Environment) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        meaning = next((meaning for words, meaning in _MEANINGS.items() if words in said), said)
        raise _failed(environment, meaning) from None


def _failed(environment: Environment, reason: str) -> DumpFailed:
    return DumpFailed(f"{environment}: the database was not dumped: {reason}")


def _reason(program: str, said: str, password: str | None) -> str:
    if password:
        said = said.replace(password, "***")
    lines = [line.removeprefix(f"{program}: ").removeprefix("error: ") for line in said.splitlines() if line.strip()]
    words = " ".join(lines[:3])[:500] or "nothing"
    meaning = next((meaning for mark, meaning in _MEANINGS.items() if mark in said), "")
    return f"{meaning}; {program} says: {words}" if meaning else f"{program} says: {words}"


def _shorten(directory: Path, newest: Path) -> None:
    """Keep the newest deployments' dumps, and nothing that a crash left: whoever dumps holds the environment.

    Of each its first dump stays, which alone is of before its migration, and the newest of its later tries.
    """
    tries: dict[str, list[Path]] = {}
    for path in sorted(directory.glob("*.dump"), key=lambda path: (path == newest, path.stat().st_mtime_ns)):
        tries.setdefault(_deployment(path), []).append(path)
    last = sorted(tries.values(), key=lambda paths: paths[-1].stat().st_mtime_ns)[-KEEP:]
    kept = {path for paths in last for path in (paths[0], paths[-1])}
    for path in (*directory.glob("*.dump"), *directory.glob("*.part")):
        if path not in kept:
            path.unlink(missing_ok=True)


def _deployment(path: Path) -> str:
    return path.stem.partition("~")[0]


def _unused(directory: Path, deployment_id: str) -> Path:
    """A second try of a migration leaves the dumps before it alone, and takes no name that one ever had."""
    tries = [path for path in directory.glob(f"{deployment_id}*.dump") if _deployment(path) == deployment_id]
    numbers = [int(path.stem.partition("~")[2] or 1) for path in tries]
    return directory / (f"{deployment_id}~{max(numbers) + 1}.dump" if numbers else f"{deployment_id}.dump")
