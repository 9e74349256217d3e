"""`codeb hosts check` on the lab: fit hosts are found fit, and what is wrong is a sentence."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.hosts import ROLES
from tests.lab.keys import KNOWN_HOSTS
from tests.lab.paths import INFRA, ROOT
from tests.lab.provisioning import environment

pytestmark = pytest.mark.lab

_NOBODY = "127.0.0.99"


@dataclass(frozen=True, slots=True)
class Checked:
    code: int
    success: bool
    findings: list[dict[str, Any]]
    stderr: str

    def of(self, host: str, check: str) -> dict[str, Any]:
        (found,) = (each for each in self.findings if (each["host"], each["check"]) == (host, check))
        return found


def check(infra: Path) -> Checked:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "codeb"), "hosts", "check", "--json"],
        cwd=ROOT,
        env={**environment(), "CODEB_INFRA": str(infra)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    record = json.loads(done.stdout)
    return Checked(done.returncode, record["success"], record["findings"], done.stderr)


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """The lab's file with one thing wrong in it."""
    text = INFRA.read_text()
    assert old in text
    copy = tmp_path / "infra.toml"
    copy.write_text(text.replace(old, new))
    return copy


@pytest.fixture
def host_keys(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


def test_the_four_hosts_are_fit() -> None:
    checked = check(INFRA)
    problems = [each for each in checked.findings if each["level"] == "problem"]
    assert (checked.code, checked.success, problems, checked.stderr) == (0, True, [], "")
    for role in ROLES:
        for what in ("SSH", "root", "system", "architecture", "systemd", "clock", "address", "ports"):
            assert checked.of(role, what)["level"] == "ok", (role, what)


def test_a_wrong_address_is_a_sentence_and_the_other_hosts_are_still_looked_at(
    tmp_path: Path, lab: dict[str, Any]
) -> None:
    checked = check(changed(tmp_path, lab["hosts"]["storage"], _NOBODY))
    assert (checked.code, checked.stderr) == (1, "")
    found = checked.of("storage", "SSH")
    assert found["level"] == "problem"
    assert _NOBODY in found["message"]
    assert checked.of("app", "SSH")["level"] == "ok"


def test_a_host_key_that_nobody_knows_is_shown_before_it_is_accepted(tmp_path: Path, host_keys: Path) -> None:
    checked = check(changed(tmp_path, str(KNOWN_HOSTS), str(host_keys)))
    found = checked.of("app", "SSH")
    assert found["level"] == "warning"
    assert "SHA256:" in found["message"]
    assert not host_keys.exists()


def test_a_host_key_that_nobody_knows_is_refused_where_the_operator_is_strict(tmp_path: Path, host_keys: Path) -> None:
    strict = f'{host_keys}"\nstrict_host_key_checking = "yes'
    checked = check(changed(tmp_path, str(KNOWN_HOSTS), strict))
    assert (checked.code, checked.stderr) == (1, "")
    assert "strict_host_key_checking is yes" in checked.of("app", "SSH")["message"]


def test_a_host_key_that_has_changed_is_a_problem(tmp_path: Path, host_keys: Path, lab: dict[str, Any]) -> None:
    lines = KNOWN_HOSTS.read_text().splitlines()
    (other,) = {line.partition(" ")[2] for line in lines if line.startswith(lab["hosts"]["backup"])}
    host_keys.write_text(f"{lab['hosts']['app']} {other}\n")
    checked = check(changed(tmp_path, str(KNOWN_HOSTS), str(host_keys)))
    assert (checked.code, checked.stderr) == (1, "")
    assert "ssh-keygen -R" in checked.of("app", "SSH")["message"]


def test_a_user_that_is_not_let_in_is_told_what_is_missing(tmp_path: Path) -> None:
    checked = check(changed(tmp_path, 'user = "root"', 'user = "nobody-here"'))
    assert (checked.code, checked.stderr) == (1, "")
    assert "authorized_keys" in checked.of("app", "SSH")["message"]


def test_without_infra_toml_there_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "codeb"), "hosts", "check"],
        cwd=tmp_path,
        env={**environment(), "CODEB_INFRA": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "copy infra.example.toml" in done.stderr
    assert "Traceback" not in done.stderr
