"""`codeb backups` from the operator's machine to a fresh server: what was dumped is there again, or it is said why not.

SSH is the one thing that is not real here: scripts run on this machine.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from click.testing import CliRunner, Result

from codeb.adapters.ssh_pipe import RemoteFailed
from codeb.cli.host import backups as command
from codeb.cli.host.main import main
from codeb.domain import backup_copies
from tests.integration.backup_receiver import ReceiverProcess
from tests.integration.backup_server import Backups, good, serving
from tests.integration.redis_server import RedisServer
from tests.integration.test_backup_copies import Storage, backups, bucket, receiver, redis, server, storage

__all__ = ["backups", "bucket", "receiver", "redis", "server", "storage"]

pytestmark = pytest.mark.integration

INFRA = """
domain = "example.org"
tls = "internal"
secrets_file = "environment"
[hosts.storage]
address = "203.0.113.3"
roles = ["storage"]
[hosts.rest]
address = "203.0.113.4"
roles = ["app", "streaming", "backup"]
"""


@dataclass(frozen=True, slots=True)
class LocalPipe:
    """In the place of SshPipe."""

    environment: dict[str, str]

    def _run(self, script: str, stdin: Any = None) -> "subprocess.CompletedProcess[bytes]":
        environment = os.environ | self.environment
        done = subprocess.run(["sh", "-c", script], stdin=stdin, env=environment, capture_output=True, check=False)
        if done.returncode:
            raise RemoteFailed(done.stderr.decode())
        return done

    def read(self, script: str) -> str:
        return self._run(script).stdout.decode()

    def pull(self, script: str, into: BinaryIO) -> None:
        into.write(self._run(script).stdout)

    def push(self, script: str, source: BinaryIO) -> str:
        return self._run(script, source).stderr.decode()


@dataclass(frozen=True, slots=True)
class Operator:
    """``fresh`` is the storage host's new server."""

    storage: Storage
    fresh: Backups
    metrics: Path

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["backups", *arguments])


@pytest.fixture
def operator(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    """With copies on the backup host, and a storage host that has another, fresh server."""
    good(storage.send())
    (tmp_path / "infra.toml").write_text(INFRA)
    metrics = tmp_path / "verify.prom"
    with serving() as fresh:
        programs = fresh.directory / "programs"
        where = {"PGHOST": str(fresh.directory), "PGPORT": str(fresh.port), "CODEB_RESTORE_TMP": str(fresh.directory)}
        monkeypatch.setenv("CODEB_INFRA", str(tmp_path / "infra.toml"))
        monkeypatch.setenv("CODEB_SECRET_BACKUP_IDENTITY", str(storage.identity))
        monkeypatch.setattr(backup_copies, "ROOT", str(storage.receiver.root))
        monkeypatch.setattr(command, "ROOT", str(storage.receiver.root))
        monkeypatch.setattr(command, "METRICS", str(metrics))
        monkeypatch.setattr(command, "RESTORE", f"/usr/bin/python3 -B {programs}/restore.py")
        monkeypatch.setattr(command, "_pipe", lambda infra, role: LocalPipe(where))
        yield Operator(storage, Backups(tmp_path, fresh), metrics)


def corrupted(operator: Operator, item: str) -> None:
    (path,) = operator.storage.receiver.root.glob(f"storage/{item}/*.age")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_every_copy_is_decrypted_and_looked_at_and_prometheus_hears_of_it(operator: Operator) -> None:
    result = operator.run("verify", "--json")
    assert result.exit_code == 0, result.output
    found = {copy["name"]: copy for copy in json.loads(result.stdout)["copies"]}
    assert found.keys() == {"blog", "postgres", "(globals)", "(redis)"}
    assert found["blog"]["found"].startswith("2 tables, 301 rows")
    assert f'{command.METRIC}{{database="blog"}} 1' in operator.metrics.read_text()
    assert operator.metrics.stat().st_mode & 0o777 == 0o644


def test_a_damaged_copy_is_named_and_has_no_success(operator: Operator) -> None:
    corrupted(operator, "database-blog")
    result = operator.run("verify", "--json")
    assert result.exit_code == 1
    bad = [copy for copy in json.loads(result.stdout)["copies"] if not copy["good"]]
    assert [copy["name"] for copy in bad] == ["blog"]
    assert f'{command.METRIC}{{database="blog"}} 0\n' in operator.metrics.read_text()


def test_another_identity_decrypts_nothing(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = str(type(operator.storage.identity).generate())
    monkeypatch.setenv("CODEB_SECRET_BACKUP_IDENTITY", identity)
    result = operator.run("verify")
    assert result.exit_code == 1
    assert "good" not in result.stdout.split()
    monkeypatch.setenv("CODEB_SECRET_BACKUP_IDENTITY_PREVIOUS", str(operator.storage.identity))
    assert operator.run("verify").exit_code == 0


def test_what_is_fetched_is_in_the_clear_for_its_owners_eyes(operator: Operator, tmp_path: Path) -> None:
    result = operator.run("fetch", str(tmp_path / "fetched"))
    assert result.exit_code == 0, result.output
    files = [path for path in (tmp_path / "fetched").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"blog.dump", "blog.json", "globals.sql", "dump.rdb"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert operator.run("fetch", str(tmp_path / "fetched")).exit_code == 2


def test_without_yes_nothing_is_replaced(operator: Operator) -> None:
    result = operator.run("restore", "--host", "storage", "--database", "blog")
    assert result.exit_code == 0, result.output
    assert "would be replaced" in result.stdout
    assert operator.fresh.sql("SELECT datname FROM pg_database WHERE datname = 'blog'", "postgres") == []


def restore(operator: Operator, *items: str) -> None:
    for item in items:
        (path,) = operator.storage.receiver.root.glob(f"storage/{item}/*.age")
        assert path
    for path in operator.storage.receiver.root.glob("storage/*"):
        if path.name not in items:
            shutil.rmtree(path)
    result = operator.run("restore", "--host", "storage", "--yes")
    assert result.exit_code == 0, result.output


def test_a_fresh_server_gets_its_roles_and_databases_back(operator: Operator) -> None:
    restore(operator, "globals", "database-blog", "database-postgres")
    assert operator.fresh.sql("SELECT count(*) FROM posts") == [(300,)]
    owner = "SELECT pg_get_userbyid(datdba), datconnlimit FROM pg_database WHERE datname = 'blog'"
    assert operator.fresh.sql(owner, "postgres") == [("tenant", -1)]
    restored_again = operator.run("restore", "--host", "storage", "--database", "blog", "--yes")
    assert restored_again.exit_code == 0, restored_again.output
    assert operator.fresh.sql("SELECT count(*) FROM posts") == [(300,)]


def test_a_damaged_copy_replaces_nothing(operator: Operator) -> None:
    restore(operator, "globals", "database-blog")
    operator.fresh.sql("INSERT INTO posts (title) VALUES ('later')")
    corrupted(operator, "database-blog")
    result = operator.run("restore", "--host", "storage", "--database", "blog", "--yes")
    assert result.exit_code == 1
    assert "does not decrypt" in result.output
    assert operator.fresh.sql("SELECT count(*) FROM posts") == [(301,)]


RESTORE_REDIS = """
import sys; sys.path.insert(0, {programs!r})
import pathlib, restore
restore.REDIS_DATA = pathlib.Path({data!r})
restore._systemctl = lambda verb, unit: None
restore.shutil.chown = lambda path, user, group: None
restore.redis(pathlib.Path({unpacked!r}))
"""


def test_redis_reads_its_snapshot_with_its_append_only_file_switched_on(
    storage: Storage, receiver: ReceiverProcess, tmp_path: Path
) -> None:
    """The server's own files lie elsewhere here, and systemd is not asked."""
    good(storage.send())
    assert receiver.copies()
    unpacked, place = tmp_path / "unpacked", tmp_path / "fresh"
    for directory in (unpacked, place, place / "redis"):
        directory.mkdir()
    (unpacked / "dump.rdb").write_bytes(storage.opened("redis")["dump.rdb"])
    names = {"programs": str(storage.programs), "data": str(place / "redis"), "unpacked": str(unpacked)}
    subprocess.run(["/usr/bin/python3", "-B", "-c", RESTORE_REDIS.format(**names)], check=True)
    fresh = RedisServer(place, "--appendonly", "yes")
    fresh.start()
    try:
        with fresh.client() as client:
            assert client.get("blog:visits") == b"7"
    finally:
        fresh.stop()
