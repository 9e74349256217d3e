"""Copies from the storage and the app host: real dumps, the real age, a real door, and what an intruder there sees."""

import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest

from tests.integration.backup_receiver import PROGRAMS, ReceiverProcess
from tests.integration.backup_server import AS_POSTGRES, Backups, good, serving, with_a_tenant
from tests.integration.debian_programs import debian_program, with_libraries
from tests.integration.object_storage_server import STORAGE_USER, ObjectStorageServer
from tests.integration.postgres_process import PostgresProcess
from tests.integration.redis_server import LIBRARIES, RedisServer

pytestmark = pytest.mark.integration

COPY = "codeb_backup_last_success_timestamp_seconds"
REDIS = "(redis)"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    with serving() as process:
        yield process


@pytest.fixture
def backups(server: PostgresProcess) -> Iterator[Backups]:
    with with_a_tenant(server) as made:
        good(made.dump())
        yield made


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[ReceiverProcess]:
    process = ReceiverProcess(tmp_path)
    process.start()
    try:
        yield process
    finally:
        process.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    process = RedisServer(tmp_path)
    process.start()
    try:
        process.client().set("blog:visits", "7")
        yield process
    finally:
        process.stop()


@dataclass(frozen=True, slots=True)
class Storage:
    """The storage host with its sender; ``identity`` is the operator's."""

    backups: Backups
    receiver: ReceiverProcess
    redis: RedisServer
    identity: pyrage.x25519.Identity
    programs: Path
    bucket: ObjectStorageServer

    def send(self) -> "subprocess.CompletedProcess[str]":
        place = self.programs.parent
        recipient, tls = place / "recipient", place / "tls"
        recipient.write_text(f"{self.identity.to_public()}\n")
        if not tls.exists():
            shutil.copytree(self.receiver.tls("storage"), tls)
        bucket = self.bucket.file(place / "bucket.json", STORAGE_USER)
        arguments = [self.backups.root, "127.0.0.1", self.receiver.port, recipient, tls, 0, bucket]
        command = [*AS_POSTGRES, "/usr/bin/python3", "-B", self.programs / "send.py", "storage", *arguments]
        where = {
            "PGHOST": str(self.backups.server.directory),
            "PGPORT": str(self.backups.server.port),
            "CODEB_REDIS_PORT": str(self.redis.port),
            "LD_LIBRARY_PATH": str(self.programs / "libraries"),
            "PATH": f"{self.programs}:{os.environ['PATH']}",
        }
        return subprocess.run(
            [str(part) for part in command],
            env=os.environ | where,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def opened(self, name: str) -> dict[str, bytes]:
        """The newest copy's files, as the operator gets them."""
        versions = sorted(path for path in self.receiver.copies() if path.startswith(f"storage/{name}/"))
        text = pyrage.decrypt(self.receiver.copies()[versions[-1]], [self.identity])
        with tarfile.open(fileobj=io.BytesIO(text)) as tar:
            return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]

    def times(self, report: str = "copies.json") -> dict[str, float]:
        found: dict[str, float] = json.loads((self.backups.root / report).read_text())
        return found


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[ObjectStorageServer]:
    server = ObjectStorageServer(tmp_path / "object-storage")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def storage(backups: Backups, receiver: ReceiverProcess, redis: RedisServer, bucket: ObjectStorageServer) -> Storage:
    place = backups.root / "host"
    place.mkdir()
    programs = place / "programs"
    shutil.copytree(PROGRAMS, programs)
    for name, package in {"age": "age", "redis-cli": "redis-tools"}.items():
        shutil.copy(debian_program(name, package), programs / name)
    (programs / "libraries").mkdir()
    for directory in with_libraries(*LIBRARIES)["LD_LIBRARY_PATH"].split(":"):
        for library in Path(directory).glob("*.so*"):
            shutil.copy(library, programs / "libraries")
    (programs / "redis").write_text("backup\n")
    send = programs / "send.py"
    send.write_text(send.read_text().replace("/etc/codeb/backup/redis", str(programs / "redis")))
    return Storage(backups, receiver, redis, pyrage.x25519.Identity.generate(), programs, bucket)


def test_every_dump_the_roles_and_redis_arrive_and_are_what_was_dumped(storage: Storage) -> None:
    good(storage.send())
    items = {path.split("/")[1] for path in storage.receiver.copies()}
    assert items == {"database-blog", "database-postgres", "globals", "redis"}
    found = storage.opened("database-blog")
    assert found["blog.dump"] == storage.backups.dumped().read_bytes()
    assert json.loads(found["blog.json"])["rows"]["public.posts"] == 300
    assert b"CREATE ROLE tenant" in storage.opened("globals")["globals.sql"]
    assert storage.opened("redis")["dump.rdb"].startswith(b"REDIS")
    assert storage.times().keys() == {"blog", "postgres", "(globals)", REDIS}
    assert storage.times()["blog"] == pytest.approx(json.loads(found["blog.json"])["made"])


def test_object_storage_gets_the_same_bytes_under_names_that_nobody_guesses(storage: Storage) -> None:
    good(storage.send())
    stored = {key: storage.bucket.read(key) for key in storage.bucket.held()}
    assert sorted(stored.values()) == sorted(storage.receiver.copies().values())
    for key in stored:
        item, name = key.removeprefix("storage/").rsplit("/", 1)
        version, random = name.removesuffix(".age").split("-")
        assert f"storage/{item}/{version}.age" in storage.receiver.copies()
        assert len(bytes.fromhex(random)) == 16
    assert storage.times("stored.json") == storage.times()


def test_one_place_that_is_away_keeps_nothing_from_the_other_and_gets_it_next_time(storage: Storage) -> None:
    storage.bucket.stop()
    done = storage.send()
    assert done.returncode == 1
    assert done.stderr.count("object storage did not answer") == 4
    assert len(storage.receiver.copies()) == 4
    assert min(storage.times().values()) > 0
    assert set(storage.times("stored.json").values()) == {0}
    items = {path.split("/")[1] for path in storage.receiver.copies()}
    storage.bucket.start()
    good(storage.send())
    assert {key.split("/")[1] for key in storage.bucket.held()} == items
    assert len([path for path in storage.receiver.copies() if "/database-blog/" in path]) == 1


def test_an_intruder_on_the_backup_host_reads_nothing(storage: Storage) -> None:
    good(storage.send())
    for name, text in storage.receiver.copies().items():
        assert text.startswith(b"age-encryption.org/v1\n")
        assert not [word for word in (b"PGDMP", b"tenant", b"posts", b"REDIS", b"visits") if word in text], name
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(text, [pyrage.x25519.Identity.generate()])


def test_a_dump_is_sent_once_and_a_later_one_beside_it(storage: Storage) -> None:
    good(storage.send())
    first = storage.receiver.copies()
    good(storage.send())
    assert {path for path in storage.receiver.copies() if "/redis/" not in path} == {
        path for path in first if "/redis/" not in path
    }
    record = storage.backups.dumped().with_suffix(".json")
    said = json.loads(record.read_text())
    record.write_text(json.dumps({**said, "made": said["made"] + 3600}))
    good(storage.send())
    versions = [path for path in storage.receiver.copies() if "/database-blog/" in path]
    assert len(versions) == 2
    assert {path: storage.receiver.copies()[path] for path in first} == first


def test_a_sender_that_forgot_what_it_sent_is_told_and_goes_on(storage: Storage) -> None:
    good(storage.send())
    first = storage.receiver.copies()
    (storage.backups.root / "sent.json").unlink()
    good(storage.send())
    assert {path: storage.receiver.copies()[path] for path in first} == first


def test_one_that_fails_does_not_keep_the_others_and_its_time_stays(storage: Storage) -> None:
    good(storage.send())
    before = storage.times()
    storage.redis.stop()
    done = storage.send()
    assert done.returncode == 1
    assert f"{REDIS}: no copy was made" in done.stderr
    assert storage.times() == before


def test_without_the_backup_host_every_copy_is_said_to_be_missing(storage: Storage) -> None:
    storage.receiver.stop()
    done = storage.send()
    assert done.returncode == 1
    assert done.stderr.count("the backup host did not take it") == 4
    assert min(storage.times("stored.json").values()) > 0
    assert set(storage.times().values()) == {0}


def test_a_door_that_is_not_the_platforms_gets_nothing(storage: Storage, tmp_path: Path) -> None:
    storage.receiver.stop()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    thief = ReceiverProcess(elsewhere, port=storage.receiver.port)
    thief.start()
    try:
        assert storage.send().returncode == 1
        assert thief.copies() == {}
    finally:
        thief.stop()


def test_nothing_is_left_in_the_clear_or_at_all_on_the_way(storage: Storage) -> None:
    good(storage.send())
    assert not list(storage.backups.root.glob("*.age"))


def test_when_copies_were_last_made_is_published(storage: Storage, tmp_path: Path) -> None:
    good(storage.send())
    file = tmp_path / "metrics" / "codeb-backup-copy.prom"
    done = storage.backups.run("publish", file, "copies.json", "stored.json", user=())
    good(done)
    text = file.read_text()
    assert f'{COPY}{{database="blog",target="backup"}} ' in text
    assert f'{COPY}{{database="{REDIS}",target="object-storage"}} ' in text
    assert text.count("# TYPE ") == 1
