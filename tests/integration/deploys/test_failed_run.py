"""What a person sees of a run that failed, and that the same command goes on: pyinfra's own, on this machine."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploys import outcome
from tests.integration.deploys import failing_deploy
from tests.lab.paths import ROOT

pytestmark = pytest.mark.integration

PROGRAMS: Mapping[str, str] = {
    "systemctl": """\
case $1 in
  is-active) cat "$here/active" 2>/dev/null || echo inactive ;;
  is-enabled) echo enabled ;;
  start) [ ! -e "$here/held" ] || exit 1; echo active > "$here/active" ;;
esac
""",
    "journalctl": "echo 'bind: address already in use (127.0.0.1:9101)'\n",
    "dpkg-query": '[ ! -e "$here/installed" ] || echo "codeb-no-such-package installed"\n',
    "apt-get": """\
case "$*" in *install*) ;; *) exit 0 ;; esac
[ -e "$here/known" ] || { echo 'E: Unable to locate package codeb-no-such-package' >&2; exit 100; }
touch "$here/installed"
""",
}


@dataclass
class Machine:
    """Its package manager and its systemd are scripts; what they answer is said by files beside them."""

    directory: Path

    def has(self, fact: str) -> None:
        (self.directory / fact).touch()

    def has_no_more(self, fact: str) -> None:
        (self.directory / fact).unlink()

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        program, deploy = Path(sys.executable).parent / "pyinfra", Path(failing_deploy.__file__)
        environment = {
            **os.environ,
            "PATH": f"{self.directory}:{os.environ['PATH']}",
            "FAILING_STATE": str(self.directory / "state"),
        }
        return subprocess.run(
            [program, "@local", deploy, "-y", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for name, text in PROGRAMS.items():
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\nhere=$(dirname "$0")\n{text}')
        program.chmod(0o755)
    return Machine(tmp_path)


def last_words(done: "subprocess.CompletedProcess[str]") -> str:
    """What the run ends with."""
    return done.stderr[done.stderr.index("The platform is not complete") :]


def test_a_package_that_cannot_be_had(machine: Machine) -> None:
    done = machine.run()
    assert done.returncode == 1
    assert last_words(done).splitlines() == [
        "The platform is not complete: 1 of 1 hosts failed.",
        "  @local: at step 'Failing | Install what it needs'. It said last (all of it stands above):",
        "    E: Unable to locate package codeb-no-such-package",
        f"  {outcome.AGAIN}",
    ]


def test_a_port_that_is_held(machine: Machine) -> None:
    machine.has("known")
    machine.has("held")
    done = machine.run()
    assert done.returncode == 1
    said = last_words(done)
    assert "@local: at step 'Failing | Run it'" in said
    assert "bind: address already in use (127.0.0.1:9101)" in said
    assert "codeb-test.service did not take its new configuration" in said


def test_the_same_command_goes_on_where_it_failed(machine: Machine) -> None:
    assert machine.run().returncode == 1
    machine.has("known")
    machine.has("held")
    assert machine.run().returncode == 1
    machine.has_no_more("held")
    done = machine.run("--json")
    assert (done.returncode, done.stderr.count("not complete")) == (0, 0)
    assert json.loads(done.stdout)["results"]["totals"]["success"] == 1, "the service alone was left to do"
    again = machine.run("--json")
    assert json.loads(again.stdout)["results"]["totals"]["success"] == 0
