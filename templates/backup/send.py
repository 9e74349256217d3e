#!/usr/bin/python3
"""What this host backs up, encrypted to the operator's key, goes to the backup host, which only ever adds it.

Written by CodeB's bootstrap. Arguments: ``storage`` or ``app``, the directory of backups, the backup host's address and
port, the file of the operator's public key, the directory of the host's certificate, megabytes to leave free.
"""

import contextlib
import http.client
import io
import json
import os
import secrets
import ssl
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bucket import Bucket
from common import DAY, DUMPS, Failed, alone, file_name, remember, require_room, tell, write
from dump import GLOBALS, digest

REDIS, STATE = "(redis)", "(state of the app host)"
STATE_ROOT = Path("/opt/codeb")
STATE_PARTS = ("registry", "routes", "journal", "env", "outbox", "spool", "logs/rollbacks")
"""Keys, teams, projects, slots and their history, variables as they are stored. Programs, locks and dumps are not."""
REDIS_PASSWORD = Path("/etc/codeb/backup/redis")
_PATIENCE = 120


@dataclass(frozen=True)
class Item:
    """``name`` is the receiver's, ``label`` is for people and metrics. ``made``: when the data were as they are."""

    name: str
    label: str
    made: float
    size: int
    fill: Callable[[tarfile.TarFile], None]

    @property
    def version(self) -> str:
        return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.made))


class Target(Protocol):
    """``sent`` and ``report`` are files: what it has, and when that was last so, for metrics."""

    title: str
    sent: str
    report: str

    def put(self, item: Item, path: Path) -> None: ...


@dataclass
class Receiver:
    """The backup host."""

    address: str
    port: int
    tls: Path
    title: str = "the backup host"
    sent: str = "sent.json"
    report: str = "copies.json"

    def put(self, item: Item, path: Path) -> None:
        """Raises Failed unless it says that it has exactly this. A version that is there already is not sent twice."""
        size, sha256 = path.stat().st_size, digest(path)
        context = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        context.load_cert_chain(self.tls / "cert.pem", self.tls / "key.pem")
        connection = http.client.HTTPSConnection(self.address, self.port, timeout=_PATIENCE, context=context)
        headers = {"Content-Length": str(size), "X-Sha256": sha256}
        try:
            with contextlib.closing(connection), path.open("rb") as file:
                connection.request("PUT", f"/{item.name}/{item.version}", file, headers)
                answer = connection.getresponse()
                said = json.loads(answer.read(65536))
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Failed(f"the backup host did not take it: {type(error).__name__}: {error}") from error
        if answer.status == http.client.CONFLICT:
            return
        if answer.status != http.client.CREATED:
            raise Failed(f"the backup host refused it ({answer.status}): {said.get('error', 'without a reason')}")
        if (said.get("size"), said.get("sha256")) != (size, sha256):
            raise Failed("the backup host has other bytes than were sent")


@dataclass
class ObjectStorage:
    """A bucket into which this host's user may put below ``prefix``, and do nothing else."""

    bucket: Bucket
    prefix: str
    title: str = "object storage"
    sent: str = "stored-sent.json"
    report: str = "stored.json"

    def put(self, item: Item, path: Path) -> None:
        """Under a name that nobody can guess: who takes the host over later cannot put anything over it."""
        key = f"{self.prefix}/{item.name}/{item.version}-{secrets.token_hex(16)}.age"
        self.bucket.put(key, path, digest(path))


def on_storage(root: Path) -> list[Item]:
    """The newest dump of every database, the roles, and Redis."""
    newest = {path.stem: path for path in sorted((root / DUMPS).glob(f"{DAY}/*.dump"))}
    found = [_dumped(path) for path in newest.values()]
    for path in sorted((root / DUMPS).glob(f"{DAY}/globals.sql"))[-1:]:
        found.append(Item("globals", GLOBALS, path.stat().st_mtime, path.stat().st_size, _file(path)))
    return [*found, Item("redis", REDIS, time.time(), 0, _redis)]


def _dumped(dump: Path) -> Item:
    record = json.loads(dump.with_suffix(".json").read_text())

    def fill(tar: tarfile.TarFile) -> None:
        _add(tar, dump, dump.name)
        _add(tar, dump.with_suffix(".json"), f"{dump.stem}.json")

    return Item(
        f"database-{file_name(record['database'])}", record["database"], record["made"], dump.stat().st_size, fill
    )


def on_app(_: Path) -> list[Item]:
    return [Item("state", STATE, time.time(), 0, _state)]


def _file(path: Path) -> Callable[[tarfile.TarFile], None]:
    return lambda tar: _add(tar, path, path.name)


def _redis(tar: tarfile.TarFile) -> None:
    """A snapshot of one moment, as a replica gets it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "dump.rdb"
        environment = {**os.environ, "REDISCLI_AUTH": REDIS_PASSWORD.read_text().strip()}
        command = ["redis-cli", "--user", "backup", "-p", os.environ.get("CODEB_REDIS_PORT", "6379"), "--rdb", path]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=7200, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failed(f"Redis gave no snapshot: {type(error).__name__}") from error
        if done.returncode or not path.exists() or path.read_bytes()[:5] != b"REDIS":
            raise Failed("Redis gave no snapshot: see its log")
        _add(tar, path, path.name)


def _state(tar: tarfile.TarFile) -> None:
    for part in STATE_PARTS:
        for path in sorted((STATE_ROOT / part).rglob("*")):
            if path.is_file() and not path.is_symlink():
                with contextlib.suppress(FileNotFoundError):
                    _add_read(tar, path, str(path.relative_to(STATE_ROOT)))


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    tar.add(path, name, recursive=False)


def _add_read(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """As it is at this moment: the server goes on writing meanwhile."""
    info, data = tar.gettarinfo(str(path), name), path.read_bytes()
    info.size, info.type = len(data), tarfile.REGTYPE
    tar.addfile(info, io.BytesIO(data))


@contextlib.contextmanager
def encrypted(item: Item, root: Path, recipient: Path, reserve_mb: int) -> Iterator[Path]:
    """The item as an age file, for as long as the block lasts. Nothing of it is written in the clear."""
    outgoing = root / "outgoing.age"
    require_room(root, item.size, reserve_mb)
    outgoing.unlink(missing_ok=True)
    try:
        age = ["age", "--encrypt", "--recipients-file", str(recipient), "--output", str(outgoing)]
        with subprocess.Popen(age, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            try:
                with tarfile.open(mode="w|", fileobj=process.stdin) as tar:
                    item.fill(tar)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise Failed(f"age ended with {process.returncode}: is {recipient} the operator's public key?")
        yield outgoing
    except (OSError, tarfile.TarError) as error:
        raise Failed(f"it was not encrypted: {error}") from error
    finally:
        outgoing.unlink(missing_ok=True)


@dataclass
class Ledger:
    """What one target has, by item. ``succeeded`` is by label, for metrics."""

    root: Path
    target: Target
    succeeded: "dict[str, float]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path = self.root / self.target.sent
        self.sent = json.loads(self.path.read_text()) if self.path.exists() else {}

    def has(self, item: Item) -> bool:
        if self.sent.get(item.name) == item.version:
            self.succeeded[item.label] = item.made
        return item.label in self.succeeded

    def send(self, item: Item, file: Path) -> None:
        try:
            self.target.put(item, file)
        except Failed as error:
            tell(f"{item.label}: no copy was made: {error}")
            return
        self.sent[item.name] = item.version
        self.succeeded[item.label] = item.made
        tell(f"{item.label}: {self.target.title} has version {item.version}")

    def close(self, items: "list[Item]") -> bool:
        """Whether everything is there."""
        labels = {item.label for item in items}
        write(self.path, json.dumps({item.name: self.sent[item.name] for item in items if item.name in self.sent}))
        remember(self.root / self.target.report, labels, self.succeeded, labels)
        return self.succeeded.keys() == labels


def main(items: list[Item], root: Path, targets: "list[Target]", recipient: Path, reserve_mb: int) -> int:
    """Each item is encrypted once; a target that fails keeps neither the others nor the other items."""
    os.umask(0o077)
    ledgers = [Ledger(root, target) for target in targets]
    for item in items:
        wanting = [ledger for ledger in ledgers if not ledger.has(item)]
        try:
            if wanting:
                with encrypted(item, root, recipient, reserve_mb) as file:
                    for ledger in wanting:
                        ledger.send(item, file)
        except Failed as error:
            tell(f"{item.label}: no copy was made: {error}")
    complete = [ledger.close(items) for ledger in ledgers]
    return 0 if all(complete) else 1


if __name__ == "__main__":
    role, place, address, port, key, tls, reserve, *more = sys.argv[1:]
    where = Path(place)
    try:
        with alone(where):
            wanted = {"storage": on_storage, "app": on_app}[role](where)
            reached: list[Target] = [Receiver(address, int(port), Path(tls))]
            reached += [ObjectStorage(Bucket.of(Path(path)), role) for path in more]
            sys.exit(main(wanted, where, reached, Path(key), int(reserve)))
    except Failed as error:
        sys.exit(f"no copy was made: {error}")
