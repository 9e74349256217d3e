"""Files and programs of ours, kept as they are to be: run on this machine, in a directory of the test."""

import grp
import logging
import os
import pwd
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import StringCommand
from pyinfra.connectors.local import LocalConnector
from pyinfra.connectors.util import CommandOutput

from deploys.operations import managed
from deploys.operations.managed import Directory, File
from tests.unit.deploys.local import apply

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("state")]

ME = pwd.getpwuid(os.getuid()).pw_name
MINE = grp.getgrgid(os.getgid()).gr_name

Write = Callable[..., bool]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "place"


@pytest.fixture
def write(place: Path) -> Write:
    """One file in one directory, as they are to be."""

    def run(content: str = "a = 1\n", mode: str = "0640") -> bool:
        return apply(
            managed.files,
            directories=[Directory(str(place), "0750", ME, MINE)],
            files=[File(str(place / "app.conf"), content, mode, ME, MINE)],
        )

    return run


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_second_run_changes_nothing(write: Write, place: Path) -> None:
    assert write()
    assert (place / "app.conf").read_text() == "a = 1\n"
    assert (mode(place), mode(place / "app.conf")) == (0o750, 0o640)
    assert not write()


@pytest.mark.parametrize(
    "damage",
    [
        lambda place: (place / "app.conf").write_text("a = 2\n"),
        lambda place: (place / "app.conf").write_text("a = 1"),
        lambda place: (place / "app.conf").chmod(0o644),
        lambda place: (place / "app.conf").unlink(),
        lambda place: place.chmod(0o755),
    ],
    ids=["content", "last newline", "mode", "gone", "directory's mode"],
)
def test_what_was_changed_by_hand_is_mended(write: Write, place: Path, damage: Callable[[Path], object]) -> None:
    write()
    damage(place)
    assert write()
    assert (place / "app.conf").read_text() == "a = 1\n"
    assert (mode(place), mode(place / "app.conf")) == (0o750, 0o640)
    assert not write()


def test_a_file_is_replaced_and_never_written_into(write: Write, place: Path) -> None:
    write()
    with (place / "app.conf").open() as reader:
        write("a = 2\n")
        assert reader.read() == "a = 1\n"
    assert (place / "app.conf").read_text() == "a = 2\n"


def test_a_link_is_replaced_and_what_it_named_is_left_alone(write: Write, place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("somebody's")
    place.mkdir()
    (place / "app.conf").symlink_to(other)
    assert write()
    assert not (place / "app.conf").is_symlink()
    assert other.read_text() == "somebody's"


def test_nothing_stays_behind(write: Write, place: Path, state: Path) -> None:
    write()
    assert [path.name for path in place.iterdir()] == ["app.conf"]
    assert list((state / "incoming").iterdir()) == []
    assert mode(state) == mode(state / "incoming") == 0o700


def test_a_second_run_looks_once_however_many_files(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [File(str(place / f"{number}.conf"), "a", "0640", ME, MINE) for number in range(20)]
    directories = [Directory(str(place), "0750", ME, MINE)]
    apply(managed.files, directories=directories, files=wanted)
    asked: list[str] = []
    real = LocalConnector.run_shell_command

    def counting(self: LocalConnector, command: StringCommand, *rest: Any, **more: Any) -> tuple[bool, CommandOutput]:
        asked.append(str(command))
        return real(self, command, *rest, **more)

    monkeypatch.setattr(LocalConnector, "run_shell_command", counting)
    assert not apply(managed.files, directories=directories, files=wanted)
    assert len(set(asked)) == 1, "one look for all of them"
    assert len(asked) <= 2, "to say what would change, and to change it"


def test_names_with_odd_characters_arrive_as_they_are(tmp_path: Path) -> None:
    odd = tmp_path / "a b'$(c)|d.conf"
    arguments = {"files": [File(str(odd), b"\x00\xff", "0600", ME, MINE)]}
    assert apply(managed.files, **arguments)
    assert odd.read_bytes() == b"\x00\xff"
    assert not apply(managed.files, **arguments)


def test_a_secrets_content_is_in_no_output(
    write: Write, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    write("password = hunter2-hunter2\n")
    write("password = other-secret\n")
    captured = capfd.readouterr()
    said = captured.out + captured.err + caplog.text
    assert "hunter2" not in said
    assert "other-secret" not in said
    assert "hunter2" not in repr(File("/x", "hunter2"))


def test_a_program_is_put_in_place_once(tmp_path: Path) -> None:
    artifact = tmp_path / "artifact"
    artifact.write_text("#!/bin/sh\n")
    target = tmp_path / "bin"
    assert os.getuid() == 0, "a program belongs to root, and so do these tests"
    assert apply(managed.binary, path=str(target), artifact=artifact)
    assert mode(target) == 0o755
    assert not apply(managed.binary, path=str(target), artifact=artifact)
    artifact.write_text("#!/bin/sh\necho new\n")
    assert apply(managed.binary, path=str(target), artifact=artifact)
