"""Services of ours run with what their stamp stands for. A program of the test stands in for systemctl."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploys.operations import managed
from tests.integration.deploys import two_steps
from tests.unit.deploys.local import Failed, apply

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("state")]


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
