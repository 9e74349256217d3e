"""Looks at files: a server sees its own writes at once, and those of others a moment later."""

import os
from pathlib import Path

import pytest

from codeb.adapters import looks
from codeb.adapters.files import write_atomically
from codeb.adapters.journal.lines import append
from codeb.adapters.looks import Looks

LONG = 3600.0


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """As a server has it: what adapters write is forgotten here."""
    made = Looks(holding=True)
    monkeypatch.setattr(looks, "forget", made.forget)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("one")
    return path


def test_whoever_does_not_hold_looks_each_time(file: Path) -> None:
    looks = Looks()
    looks.stat(file, LONG)
    file.write_text("longer than before")
    assert looks.stat(file, LONG).st_size == len("longer than before")


def test_what_another_process_writes_is_seen_when_the_moment_is_over(file: Path, held: Looks) -> None:
    assert held.stat(file, LONG).st_size == len("one")
    file.write_text("longer than before")
    assert held.stat(file, LONG).st_size == len("one")
    held.forget(file)
    assert held.stat(file, 0.0).st_size == len("longer than before")
    file.write_text("")
    assert held.stat(file, 0.0).st_size == 0


def test_what_this_process_writes_is_seen_at_once(file: Path, held: Looks) -> None:
    directory = held.stat(file.parent, LONG).st_mtime_ns
    held.stat(file, LONG)
    os.utime(file.parent, ns=(1, 1))
    write_atomically(file, "replaced")
    assert held.stat(file, LONG).st_size == len("replaced")
    assert held.stat(file.parent, LONG).st_mtime_ns not in (1, directory)
    append(file, b" and added\n")
    assert held.stat(file, LONG).st_size == len(" and added\n")  # what stood there was half a line


def test_a_look_that_began_before_a_write_is_not_held(file: Path, held: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.stat

    def overtaken(path: Path) -> os.stat_result:
        seen = real(path)
        file.write_text("written meanwhile")
        held.forget(file)
        return seen

    monkeypatch.setattr(os, "stat", overtaken)
    held.stat(file, LONG)
    monkeypatch.undo()
    assert held.stat(file, LONG).st_size == len("written meanwhile")


def test_a_file_that_is_not_there_is_looked_for_again(tmp_path: Path, held: Looks) -> None:
    with pytest.raises(FileNotFoundError):
        held.stat(tmp_path / "absent", LONG)
    (tmp_path / "absent").write_text("there")
    assert held.stat(tmp_path / "absent", LONG).st_size == len("there")


def test_a_moment_lasts_until_it_is_over_or_this_process_writes(file: Path, held: Looks) -> None:
    begun = held.moment(LONG)
    assert held.lasts(begun)
    assert not held.lasts(held.moment(0.0))
    write_atomically(file, "replaced")
    assert not held.lasts(begun)


def test_nothing_lasts_for_whoever_does_not_hold() -> None:
    looks = Looks()
    assert not looks.lasts(looks.moment(LONG))
