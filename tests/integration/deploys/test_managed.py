"""Files, programs and services of ours, kept as they are to be: run on this machine, in a directory of the test."""

import grp
import logging
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import StringCommand
from pyinfra.connectors.local import LocalConnector
from pyinfra.connectors.util import CommandOutput

from deploys.operations import managed
from deploys.operations.managed import Directory, File
from tests.integration.deploys import two_steps
from tests.unit.deploys.local import Failed, apply

pytestmark = pytest.mark.integration

ME = pwd.getpwuid(os.getuid()).pw_name
MINE = grp.getgrgid(os.getgid()).gr_name

Write = Callable[..., bool]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where operations keep their own things."""
    kept = tmp_path / "state"
    monkeypatch.setattr(managed, "STATE", str(kept))
    monkeypatch.setattr(managed, "_INCOMING", str(kept / "incoming"))
    monkeypatch.setattr(managed, "_STAMPS", str(kept / "stamps"))
    return kept


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


SYSTEMCTL = """\
#!/bin/sh
# A unit whose state is files beside this program.
here=$(dirname "$0")
case $1 in
  is-active) cat "$here/active" 2>/dev/null || echo inactive ;;
  is-enabled) cat "$here/enabled" 2>/dev/null || echo disabled ;;
  show) echo NeedDaemonReload=no ;;
  enable) echo enabled > "$here/enabled" ;;
  daemon-reload) [ ! -e "$here/deadly" ] || kill -9 "$(cat "$here/deadly")" ;;
  *) [ -e "$here/broken" ] && exit 1
     case $1 in start|restart|reload) echo "$1" >> "$here/calls"; echo active > "$here/active" ;; esac ;;
esac
"""


class Unit:
    """A service that is not there: what is asked of it is written down."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        program = directory / "systemctl"
        program.write_text(SYSTEMCTL)
        program.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        path = self.directory / "calls"
        return path.read_text().split() if path.exists() else []

    def two_steps(self, settings: Path) -> "subprocess.CompletedProcess[str]":
        """A file and the service, in a process whose number systemctl knows where it is to kill it."""
        deadly = self.directory / "deadly"
        command = [sys.executable, "-m", two_steps.__name__, str(self.directory / "state"), str(settings)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
            if deadly.exists():
                deadly.write_text(str(run.pid))
            output, errors = run.communicate(timeout=60)
        return subprocess.CompletedProcess(command, run.returncode, output, errors)

    def kills_the_run(self) -> None:
        (self.directory / "deadly").touch()

    def spares_the_run(self) -> None:
        (self.directory / "deadly").unlink()

    def breaks(self) -> None:
        (self.directory / "broken").touch()

    def is_mended(self) -> None:
        (self.directory / "broken").unlink()

    def stops(self) -> None:
        (self.directory / "active").write_text("failed\n")

    def run(self, stamp: str, *, reload: bool = False) -> bool:
        return apply(managed.service, service="codeb-test.service", stamp=stamp, reload=reload)


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Unit:
    directory = tmp_path / "bin-of-systemd"
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    return Unit(directory)


def test_a_service_is_enabled_and_started_once(unit: Unit) -> None:
    assert unit.run("one")
    assert unit.calls == ["start"]
    assert (unit.directory / "enabled").exists()
    assert not unit.run("one")
    assert unit.calls == ["start"]


def test_new_configuration_restarts_it(unit: Unit) -> None:
    unit.run("one")
    assert unit.run("two")
    assert unit.calls == ["start", "restart"]
    assert not unit.run("two")


def test_a_reload_has_a_stamp_of_its_own(unit: Unit) -> None:
    unit.run("one")
    assert unit.run("access", reload=True)
    assert unit.calls == ["start", "reload"]
    assert not unit.run("one")
    assert not unit.run("access", reload=True)


def test_a_restart_that_did_not_happen_is_made_up_for_in_the_next_run(unit: Unit) -> None:
    unit.run("one")
    unit.breaks()
    with pytest.raises(Failed):
        unit.run("two")
    unit.is_mended()
    assert unit.run("two")
    assert unit.calls == ["start", "restart"]


def test_a_run_killed_between_file_and_restart_restarts_in_the_next(unit: Unit, tmp_path: Path) -> None:
    """Also with the stamp of before: what was changed by hand was mended, and the service still runs with the other."""
    settings = tmp_path / "settings.conf"
    assert unit.two_steps(settings).returncode == 0
    assert unit.calls == ["start"]
    settings.write_text("by hand\n")
    unit.kills_the_run()
    assert unit.two_steps(settings).returncode == -signal.SIGKILL
    assert (settings.read_text(), unit.calls) == ("a = 1\n", ["start"])
    unit.spares_the_run()
    assert unit.two_steps(settings).returncode == 0
    assert unit.calls == ["start", "restart"]
    assert unit.two_steps(settings).returncode == 0
    assert unit.calls == ["start", "restart"]


def test_a_failed_run_says_where_it_failed_and_what_to_do(unit: Unit, tmp_path: Path) -> None:
    unit.two_steps(tmp_path / "settings.conf")
    (tmp_path / "settings.conf").write_text("by hand\n")
    unit.breaks()
    said = unit.two_steps(tmp_path / "settings.conf").stderr
    assert "codeb-test.service did not take its new configuration" in said
    assert "1 of 1 hosts failed" in said
    assert "@local: at step 'Run the test'" in said
    assert "run the same command again" in said


def test_a_service_that_went_down_is_started(unit: Unit) -> None:
    unit.run("one")
    unit.stops()
    assert unit.run("one")
    assert unit.calls == ["start", "start"]


def test_a_stamp_tells_parts_apart() -> None:
    assert managed.stamp("a", "bc") != managed.stamp("ab", "c")
    assert managed.stamp("a", "b") == managed.stamp("a", "b")
