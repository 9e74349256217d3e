"""SSH by key alone: what sshd is told, and that nobody is locked out by it. sshd and systemctl are played."""

import os
import subprocess
from pathlib import Path

import pytest

from deploys.components import ssh
from deploys.operations.ssh import script

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample operator\n"
SSHD = """#!/bin/sh
cd "$(dirname "$0")"
if [ "$1" = -t ]; then
  if grep -q nonsense drop/*.conf 2>/dev/null; then echo "bad option: nonsense"; exit 255; fi
  exit 0
fi
if [ -e includes ] && grep -q "^PasswordAuthentication no" drop/*.conf 2>/dev/null
then echo passwordauthentication no; else echo passwordauthentication yes; fi
echo authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2
echo authorizedkeyscommand "$(cat command 2>/dev/null || echo none)"
echo trustedusercakeys none
"""
PLAYED = {
    "sshd": SSHD,
    "systemctl": '#!/bin/sh\necho "$*" >> "$(dirname "$0")/systemctl.log"\n',
    "getent": '#!/bin/sh\necho "op:x:1000:1000::$(dirname "$0")/home:/bin/sh"\n',
}


class Machine:
    """``applies`` runs the script as the host would."""

    def __init__(self, path: Path) -> None:
        self.path, self.drop = path, path / "drop" / "10-codeb.conf"
        for name, text in PLAYED.items():
            (path / name).write_text(text)
            (path / name).chmod(0o755)
        self.keys = path / "home" / ".ssh" / "authorized_keys"
        self.keys.parent.mkdir(parents=True)
        self.keys.write_text(KEY)
        (path / "includes").touch()

    def applies(self, content: str) -> subprocess.CompletedProcess[str]:
        arrived = self.path / "arrived"
        arrived.write_text(content)
        text = script(str(self.drop), "op", "mark", str(arrived), str(self.path / "stamps" / "sshd"))
        # The directory of sshd is made by root alone; here it is another's business.
        text = text.replace("/run/sshd", str(self.path))
        environment = {**os.environ, "PATH": f"{self.path}:{os.environ['PATH']}"}
        return subprocess.run(["sh", "-c", text], env=environment, capture_output=True, text=True, check=False)

    @property
    def reloads(self) -> int:
        log = self.path / "systemctl.log"
        return log.read_text().splitlines().count("reload ssh.service") if log.exists() else 0


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        "MaxAuthTries 6",
        "X11Forwarding no",
    ],
)
def test_nobody_comes_in_without_a_key(line: str) -> None:
    assert line in ssh.conf().splitlines()


def test_a_door_that_the_operator_has_closed_to_root_stays_closed() -> None:
    for stricter in ("no", "forced-commands-only"):
        assert f"PermitRootLogin {stricter}" in ssh.conf(stricter).splitlines()


def test_our_file_comes_before_the_one_of_cloud_images() -> None:
    assert Path(ssh.PATH).name < "50-cloud-init.conf"


def test_it_is_put_in_place_and_loaded(machine: Machine) -> None:
    done = machine.applies(ssh.conf())
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.drop.read_text() == ssh.conf()
    assert machine.reloads == 1
    assert (machine.path / "stamps" / "sshd").read_text() == "mark\n"
    assert [path.name for path in machine.drop.parent.iterdir()] == ["10-codeb.conf"]


@pytest.mark.parametrize("keys", ["", "# ssh-ed25519 AAAA gone\n", None])
def test_a_user_without_a_key_is_a_refusal_and_nothing_is_touched(machine: Machine, keys: str | None) -> None:
    machine.keys.unlink() if keys is None else machine.keys.write_text(keys)
    done = machine.applies(ssh.conf())
    assert done.returncode == 1
    assert done.stderr == "op has no key in its authorized_keys and would be locked out: put one there first\n"
    assert not machine.drop.exists()
    assert machine.reloads == 0


def test_keys_that_a_command_answers_with_are_keys_too(machine: Machine) -> None:
    machine.keys.unlink()
    (machine.path / "command").write_text("/usr/bin/sss_ssh_authorizedkeys")
    assert machine.applies(ssh.conf()).returncode == 0


def test_what_sshd_refuses_is_taken_back_and_never_loaded(machine: Machine) -> None:
    machine.applies("PasswordAuthentication no\n")
    done = machine.applies("PasswordAuthentication no\nnonsense yes\n")
    assert done.returncode == 1
    assert "bad option: nonsense" in done.stderr
    assert machine.drop.read_text() == "PasswordAuthentication no\n"
    assert machine.reloads == 1


def test_a_file_that_sshd_does_not_read_is_said_and_taken_back(machine: Machine) -> None:
    (machine.path / "includes").unlink()
    done = machine.applies(ssh.conf())
    assert done.returncode == 1
    assert "must begin with Include" in done.stderr
    assert not machine.drop.exists()


def test_settings_that_are_broken_already_are_said_as_such(machine: Machine) -> None:
    machine.drop.parent.mkdir()
    (machine.drop.parent / "60-other.conf").write_text("nonsense yes\n")
    done = machine.applies(ssh.conf())
    assert "broken already, nothing was touched: bad option" in done.stderr
    assert not machine.drop.exists()
