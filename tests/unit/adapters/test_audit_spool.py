"""Rows on disk: durable, once, in order, whatever is cut off or in the way. Spec section 6, degraded mode."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from codeb.adapters.audit.spool import Spool
from codeb.services.protocols.trail import AuditEntry
from tests.fakes.audit import entry


def taken(spool: Spool) -> list[AuditEntry]:
    found: list[AuditEntry] = []
    for path in spool.files():
        with spool.taken(path) as entries:
            found += entries or ()
    return found


def test_what_was_appended_comes_back_in_order_and_is_gone_then(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    rows = [entry(number, params={"text": 'line\nend \u2028 "é"'}, project="blog") for number in range(5)]
    spool.append(rows[:2])
    spool.append(rows[2:])
    assert spool.size() == 5
    assert taken(spool) == rows
    assert (spool.size(), spool.files()) == (0, [])


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append([entry()])
    assert [oct(path.stat().st_mode & 0o777) for path in spool.files()] == ["0o600"]
    assert oct(spool.directory.stat().st_mode & 0o777) == "0o700"


def test_an_error_while_they_are_brought_in_leaves_everything(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([entry(1)])
    with pytest.raises(RuntimeError), spool.taken(spool.files()[0]):
        raise RuntimeError
    assert taken(spool) == [entry(1)]


def test_files_are_bounded_in_size_and_number(tmp_path: Path) -> None:
    spool = Spool(tmp_path, file_size=1, max_files=3)
    for number in range(3):
        spool.append([entry(number)])
    assert len(spool.files()) == 3
    with pytest.raises(OSError, match="3 files wait already"):
        spool.append([entry(3)])
    assert taken(spool) == [entry(number) for number in range(3)]


@pytest.mark.parametrize("torn", [b'{"id":"aud_1","at":"2026', b"\x00\x00\xff", b"[1]\n", b"{}\n", b"[" * 100_000])
def test_a_damaged_line_is_set_aside_and_the_others_are_brought_in(tmp_path: Path, torn: bytes) -> None:
    spool = Spool(tmp_path)
    spool.append([entry(1), entry(2)])
    (path,) = spool.files()
    spool.close()
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + torn.rstrip(b"\n") + b"\n" + second)
    assert taken(spool) == [entry(1), entry(2)]
    assert (tmp_path / "damaged.txt").read_bytes() == torn.rstrip(b"\n") + b"\n"
    assert oct((tmp_path / "damaged.txt").stat().st_mode & 0o777) == "0o600"
    assert spool.files() == []


def test_a_write_that_fails_in_its_middle_leaves_nothing_of_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    spool.append([entry(1)])
    write = os.write

    def full(handle: int, data: Sequence[int]) -> int:
        write(handle, bytes(data[:10]))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        spool.append([entry(2)])
    monkeypatch.undo()
    spool.append([entry(3)])
    assert spool.size() == 2
    assert taken(spool) == [entry(1), entry(3)]
    assert not (tmp_path / "damaged.txt").exists()


def test_a_file_that_another_process_appends_to_is_left_to_it(tmp_path: Path) -> None:
    ours, theirs = Spool(tmp_path), Spool(tmp_path)
    theirs.append([entry(1)])
    assert taken(ours) == []
    theirs.append([entry(2)])
    theirs.close()
    assert taken(ours) == [entry(1), entry(2)]


def test_two_that_bring_in_at_once_do_not_take_the_same_file(tmp_path: Path) -> None:
    one, other = Spool(tmp_path), Spool(tmp_path)
    one.append([entry(1)])
    (path,) = one.files()
    with one.taken(path) as mine, other.taken(path) as yours:
        assert (mine, yours) == ([entry(1)], None)
    with other.taken(path) as gone:
        assert gone is None
