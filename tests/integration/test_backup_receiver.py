"""The door for copies under attack: who may send, what is kept, and that nothing is read, replaced or removed there."""

import hashlib
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploys.certificates import CertificateAuthority, Pair
from tests.integration.backup_receiver import PROGRAMS, ReceiverProcess, signed

pytestmark = pytest.mark.integration

PATH = "/database-blog/20261201T003000Z"
BODY = b"age-encryption.org/v1\n" + b"ciphertext " * 1000
KEPT = "storage/database-blog/20261201T003000Z.age"


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[ReceiverProcess]:
    process = ReceiverProcess(tmp_path)
    process.start()
    try:
        yield process
    finally:
        process.stop()


def put(receiver: ReceiverProcess, path: str = PATH, body: bytes = BODY, host: str = "storage") -> tuple[int, object]:
    return receiver.ask("PUT", path, body, tls=receiver.tls(host), X_Sha256=sha256(body))


def test_a_version_is_kept_for_its_owners_eyes_and_said_to_be_so(receiver: ReceiverProcess) -> None:
    assert put(receiver) == (201, {"size": len(BODY), "sha256": sha256(BODY)})
    assert receiver.copies() == {KEPT: BODY}
    assert (receiver.root / KEPT).stat().st_mode & 0o777 == 0o600


def test_who_sends_cannot_overwrite_a_version(receiver: ReceiverProcess) -> None:
    put(receiver)
    other = BODY + b"of an intruder"
    assert put(receiver, body=other)[0] == 409
    assert receiver.copies() == {KEPT: BODY}


@pytest.mark.parametrize("method", ["DELETE", "GET", "HEAD", "POST", "PATCH", "MOVE", "OPTIONS"])
def test_who_sends_can_do_nothing_else(receiver: ReceiverProcess, method: str) -> None:
    put(receiver)
    status, answer = receiver.ask(method, PATH, tls=receiver.tls("storage"))
    assert status == 501
    assert b"ciphertext" not in bytes(str(answer), "utf-8")
    assert receiver.copies() == {KEPT: BODY}


@pytest.mark.parametrize(
    "path",
    [
        "/../app/20261201T003000Z",
        "/..%2fapp/20261201T003000Z",
        "/database-blog/../20261201T003000Z",
        "/.hidden/20261201T003000Z",
        "/database-blog/latest",
        "/database-blog/20261201T003000Z/x",
        "/database-blog",
        "//20261201T003000Z",
    ],
)
def test_a_path_leads_nowhere_else(receiver: ReceiverProcess, path: str) -> None:
    assert put(receiver, path)[0] == 400
    assert receiver.copies() == {}


def test_each_host_has_a_place_of_its_own(receiver: ReceiverProcess) -> None:
    put(receiver)
    assert put(receiver, body=BODY + b"app", host="app")[0] == 201
    assert receiver.copies() == {KEPT: BODY, KEPT.replace("storage", "app", 1): BODY + b"app"}


@pytest.mark.parametrize("host", ["streaming", "backup"])
def test_a_host_that_has_nothing_to_send_is_refused(receiver: ReceiverProcess, host: str) -> None:
    assert put(receiver, host=host)[0] == 403
    assert receiver.copies() == {}


def test_without_a_certificate_of_the_platform_nobody_gets_a_word_in(receiver: ReceiverProcess, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = ReceiverProcess(other).tls("storage")
    (stranger / "ca.pem").write_text(receiver.ca.root_pem)
    nameless = tmp_path / "nameless"
    nameless.mkdir()
    (nameless / "ca.pem").write_text(receiver.ca.root_pem)
    for tls in (stranger, nameless):
        with pytest.raises((ssl.SSLError, OSError)):
            receiver.ask("PUT", PATH, BODY, tls=tls, X_Sha256=sha256(BODY))
    assert receiver.copies() == {}


@pytest.mark.parametrize(
    ("authority", "name"),
    [
        (lambda ca: ca.intermediate("storage"), "storage.example.org"),
        (lambda ca: ca.authority("app", ["app"]), "app"),
        (lambda ca: ca.authority("streaming", ["streaming"]), "streaming"),
    ],
    ids=["the sender's own Caddy", "another sender's authority", "a host's that sends nothing"],
)
def test_nobody_else_of_the_platform_signs_a_sender(
    receiver: ReceiverProcess, authority: Callable[[CertificateAuthority], Pair], name: str
) -> None:
    """The chain to the platform's CA holds: it is the authority that has no say about this host."""
    tls = receiver.tls("intruder", signed(authority(receiver.ca), "storage", [name]))
    status, answer = receiver.ask("PUT", PATH, BODY, tls=tls, X_Sha256=sha256(BODY))
    assert (status, answer) == (403, {"error": "this certificate is of no host that sends backups"})
    assert receiver.copies() == {}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (BODY, {"X_Sha256": sha256(b"other")}, 400),
        (BODY, {}, 400),
        (b"PGDMP a dump in the clear", {"X_Sha256": sha256(b"PGDMP a dump in the clear")}, 400),
        (b"", {"Transfer_Encoding": "chunked"}, 411),
    ],
    ids=["another digest", "no digest", "in the clear", "of unknown length"],
)
def test_what_is_not_whole_and_encrypted_is_not_kept(
    receiver: ReceiverProcess, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert receiver.ask("PUT", PATH, body, tls=receiver.tls("storage"), **headers)[0] == status
    assert receiver.copies() == {}


def test_who_took_a_host_over_does_not_fill_the_disk_with_versions(receiver: ReceiverProcess) -> None:
    answers = [put(receiver, f"/redis/20261201T00300{number}Z")[0] for number in range(7)]
    assert answers == [*[201] * 6, 429]


def test_a_full_disk_is_said_and_takes_nothing_away(receiver: ReceiverProcess, tmp_path: Path) -> None:
    put(receiver)
    receiver.stop()
    receiver.reserve_mb = 10**9
    receiver.start()
    status, answer = put(receiver, PATH.replace("00Z", "01Z"))
    assert status == 507
    assert "no room" in str(answer)
    assert receiver.copies() == {KEPT: BODY}


def test_half_a_copy_of_a_receiver_that_was_killed_goes_at_the_next_start(receiver: ReceiverProcess) -> None:
    put(receiver)
    (receiver.root / KEPT).with_name(".part-x").write_bytes(b"half")
    receiver.stop()
    receiver.start()
    assert receiver.copies() == {KEPT: BODY}


@pytest.mark.parametrize(
    ("ages", "left"),
    [
        ({"1": 1, "2": 29}, {"1", "2"}),
        ({"1": 1, "2": 31, "3": 400}, {"1"}),
        ({"1": 31, "2": 32}, {"1"}),
        ({"1": 121}, set()),
    ],
    ids=["young ones stay", "old ones go", "the last one stays longer", "and not for ever"],
)
def test_the_backup_host_removes_old_versions_by_when_they_came(
    tmp_path: Path, ages: dict[str, int], left: set[str]
) -> None:
    item = tmp_path / "storage" / "redis"
    item.mkdir(parents=True)
    now = time.time()
    for name, days in ages.items():
        (item / f"{name}.age").touch()
        os.utime(item / f"{name}.age", (now - days * 86_400,) * 2)
    subprocess.run(["/usr/bin/python3", "-B", PROGRAMS / "prune.py", tmp_path, "30"], check=True, capture_output=True)
    assert {path.stem for path in item.glob("*.age")} == left
    assert item.exists() is bool(left)
