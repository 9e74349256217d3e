"""Copies in a real object storage, and what an intruder with a sender's keys can do to them: add, and nothing else."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deploys.components.backup_bucket import BUCKET
from deploys.operations.object_storage import VERSIONED, Versioned, enabling
from tests.integration.backup_receiver import PROGRAMS
from tests.integration.object_storage_server import APP_USER, KEEPER, STORAGE_USER, ObjectStorageServer

pytestmark = pytest.mark.integration

KEY = "storage/database-my%20blog/20261201T003000Z-0a1b.age"
BODY = b"age-encryption.org/v1\nciphertext"
_PUT = """
import hashlib, pathlib, sys
sys.path.insert(0, sys.argv[1])
from bucket import Bucket
file = pathlib.Path(sys.argv[4])
Bucket.of(pathlib.Path(sys.argv[2])).put(sys.argv[3], file, sys.argv[5])
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ObjectStorageServer]:
    """With one copy of the storage host's."""
    server = ObjectStorageServer(tmp_path / "object-storage")
    server.start()
    try:
        server.client(STORAGE_USER).put_object(Bucket=BUCKET, Key=KEY, Body=BODY)
        yield server
    finally:
        server.stop()


def put(server: ObjectStorageServer, tmp_path: Path, *, user: str, key: str, sha256: str = "") -> Any:
    (tmp_path / "body").write_bytes(BODY)
    arguments = [PROGRAMS, server.file(tmp_path / "bucket.json", user), key, tmp_path / "body"]
    digest = sha256 or hashlib.sha256(BODY).hexdigest()
    command = ["/usr/bin/python3", "-B", "-c", _PUT, *map(str, arguments), digest]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def run(script: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    command = ["/usr/bin/python3", "-B", str(PROGRAMS / f"{script}.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("key", ["app/state/1.age", "app/a%2Fb c+~=&?#é/1.age"])
def test_a_sender_adds_under_any_name_with_nothing_but_the_standard_library(
    server: ObjectStorageServer, tmp_path: Path, key: str
) -> None:
    done = put(server, tmp_path, user=APP_USER, key=key)
    assert done.returncode == 0, done.stderr
    assert server.read(key) == BODY


@pytest.mark.parametrize(
    ("user", "key", "said"),
    [
        (APP_USER, KEY, "(403): AccessDenied"),
        (APP_USER, "app/../storage/x.age", "refused it"),
        (STORAGE_USER, "registry.age", "(403): AccessDenied"),
        ("nobody", KEY, "(403): InvalidAccessKeyId"),
    ],
    ids=["another host's", "by dots", "outside", "of no user"],
)
def test_what_is_not_its_own_is_refused_in_a_sentence(
    server: ObjectStorageServer, tmp_path: Path, user: str, key: str, said: str
) -> None:
    done = put(server, tmp_path, user=user, key=key)
    assert done.returncode == 1
    assert said in done.stderr
    assert server.held() == [KEY]
    assert server.read(KEY) == BODY


def test_other_bytes_than_were_announced_are_not_kept(server: ObjectStorageServer, tmp_path: Path) -> None:
    done = put(server, tmp_path, user=STORAGE_USER, key="storage/x.age", sha256="0" * 64)
    assert "(400): XAmzContentSHA256Mismatch" in done.stderr
    assert server.held() == [KEY]


@pytest.mark.parametrize(
    "attack",
    [
        lambda s3: s3.get_object(Bucket=BUCKET, Key=KEY),
        lambda s3: s3.head_object(Bucket=BUCKET, Key=KEY),
        lambda s3: s3.list_objects_v2(Bucket=BUCKET),
        lambda s3: s3.list_object_versions(Bucket=BUCKET),
        lambda s3: s3.list_multipart_uploads(Bucket=BUCKET),
        lambda s3: s3.copy_object(Bucket=BUCKET, Key="storage/copied", CopySource=f"{BUCKET}/{KEY}"),
        lambda s3: s3.delete_object(Bucket=BUCKET, Key=KEY),
        lambda s3: s3.delete_bucket(Bucket=BUCKET),
        lambda s3: s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}),
        lambda s3: s3.put_bucket_policy(Bucket=BUCKET, Policy="{}"),
        lambda s3: s3.delete_bucket_policy(Bucket=BUCKET),
        lambda s3: s3.create_bucket(Bucket="another"),
        lambda s3: s3.abort_multipart_upload(Bucket=BUCKET, Key="storage/big", UploadId="../../storage"),
    ],
)
def test_a_senders_keys_read_list_and_remove_nothing(
    server: ObjectStorageServer, attack: Callable[[Any], object]
) -> None:
    with pytest.raises(ClientError) as refused:
        attack(server.client(STORAGE_USER))
    assert refused.value.response["Error"]["Code"] in {"AccessDenied", "403"}
    assert server.held() == [KEY]
    assert server.read(KEY) == BODY


def test_removing_many_at_once_removes_none(server: ObjectStorageServer) -> None:
    with pytest.raises(ClientError):
        server.client(STORAGE_USER).delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": KEY}]})
    assert server.read(KEY) == BODY


def test_what_is_put_over_a_copy_leaves_it_below(server: ObjectStorageServer) -> None:
    """Who knew the name could do so; names are not to be guessed, and the server keeps what was there."""
    server.client(STORAGE_USER).put_object(Bucket=BUCKET, Key=KEY, Body=b"of an intruder")
    keeper = server.client(KEEPER)
    versions = keeper.list_object_versions(Bucket=BUCKET)["Versions"]
    found = [keeper.get_object(Bucket=BUCKET, Key=KEY, VersionId=each["VersionId"])["Body"].read() for each in versions]
    assert found == [b"of an intruder", BODY]


def test_the_keeper_removes_what_is_old_also_below_other_versions(server: ObjectStorageServer, tmp_path: Path) -> None:
    server.client(STORAGE_USER).put_object(Bucket=BUCKET, Key=KEY, Body=BODY)
    server.client(KEEPER).delete_object(Bucket=BUCKET, Key=KEY)
    bucket = server.file(tmp_path / "bucket.json", KEEPER)
    assert run("prune", tmp_path / "copies", 1, bucket).stdout == ""
    script = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import pathlib, prune\n"
        "prune.prune(prune.Bucket.of(pathlib.Path(sys.argv[2])), 1, time.time() + float(sys.argv[3]) * 86400)"
    )
    left = []
    for days in (2, 5):
        command = ["/usr/bin/python3", "-B", "-c", script, str(PROGRAMS), str(bucket), str(days)]
        subprocess.run(command, check=True, capture_output=True)
        found = server.client("codeb").list_object_versions(Bucket=BUCKET)
        left.append(len([*found.get("Versions", []), *found.get("DeleteMarkers", [])]))
    assert left[0] < 3, "old ones go"
    assert left[1] == 0, "and the newest stays longer, not for ever"


def test_a_senders_keys_are_no_keepers(server: ObjectStorageServer, tmp_path: Path) -> None:
    done = run("prune", tmp_path / "copies", 1, server.file(tmp_path / "bucket.json", STORAGE_USER))
    assert done.returncode == 1
    assert "were not removed: object storage refused it (403): AccessDenied" in done.stderr


def test_more_than_a_page_of_versions_is_listed(server: ObjectStorageServer, tmp_path: Path) -> None:
    adder = server.client(APP_USER)
    for number in range(1005):
        adder.put_object(Bucket=BUCKET, Key=f"app/state/{number}.age", Body=b"")
    done = run(
        "seen", tmp_path / "copies", tmp_path, "app/state", server.file(tmp_path / "bucket.json", KEEPER), "app/state"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "seen-stored.json").read_text()).keys() == {"app/state", "storage/database-my%20blog"}
    count = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pathlib, bucket\n"
        "print(len(list(bucket.Bucket.of(pathlib.Path(sys.argv[2])).versions())))"
    )
    command = ["/usr/bin/python3", "-B", "-c", count, str(PROGRAMS), str(tmp_path / "bucket.json")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "1006\n"


def published(tmp_path: Path) -> str:
    file = tmp_path / "metrics" / "seen.prom"
    command = [sys.executable, "-B", str(PROGRAMS / "publish.py"), str(tmp_path), str(file)]
    subprocess.run([*command, "seen.json", "seen-stored.json"], check=True)
    return file.read_text()


def test_when_copies_came_is_what_the_backup_host_sees_itself(server: ObjectStorageServer, tmp_path: Path) -> None:
    item = tmp_path / "copies" / "db1" / "redis"
    item.mkdir(parents=True)
    for name, age in {"20991231T000000Z": 7200, "20261201T000000Z": 9000}.items():
        (item / f"{name}.age").touch()
        os.utime(item / f"{name}.age", (time.time() - age,) * 2)
    bucket = server.file(tmp_path / "bucket.json", KEEPER)
    done = run("seen", tmp_path / "copies", tmp_path, "db1/redis,db1/globals", bucket, "storage/redis")
    assert done.returncode == 0, done.stderr
    lines = dict(line.rsplit(" ", 1) for line in published(tmp_path).splitlines() if not line.startswith("#"))
    metric = "codeb_backup_copy_seen_timestamp_seconds"
    on_host = {name: float(lines[f'{metric}{{copy="db1/{name}",target="backup"}}']) for name in ("redis", "globals")}
    assert on_host == {"redis": pytest.approx(time.time() - 7200, abs=60), "globals": 0}
    stored = 'copy="storage/database-my%20blog",target="object-storage"'
    assert float(lines[f"{metric}{{{stored}}}"]) == pytest.approx(time.time(), abs=120)
    assert lines[f'{metric}{{copy="storage/redis",target="object-storage"}}'] == "0"


def test_without_object_storage_the_backup_host_still_tells_of_itself(tmp_path: Path) -> None:
    (tmp_path / "bucket.json").write_text("{}")
    done = run("seen", tmp_path, tmp_path, "app/state", tmp_path / "bucket.json", "app/state")
    assert done.returncode == 1
    assert "what object storage has is not known" in done.stderr
    assert published(tmp_path).count('copy="app/state",target="backup"} 0') == 1


def test_the_bootstrap_sees_whether_versions_are_kept(server: ObjectStorageServer, tmp_path: Path) -> None:
    (tmp_path / "root.env").write_text("ROOT_ACCESS_KEY=codeb\nROOT_SECRET_KEY=codeb-secret\n")
    asked = {"endpoint": server.url, "credentials": str(tmp_path / "root.env"), "ca": "/nowhere.pem"}

    def kept(bucket: str) -> bool:
        command = Versioned().command(bucket=bucket, **asked)
        said = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
        return Versioned().process(said.splitlines())

    assert kept(BUCKET)
    server.client("codeb").create_bucket(Bucket="registry")
    assert not kept("registry")
    make = enabling(bucket="registry", configuration=str(tmp_path / "on.xml"), **asked)
    (tmp_path / "on.xml").write_text(VERSIONED)
    subprocess.run(["sh", "-c", make], capture_output=True, check=True)
    assert kept("registry")
