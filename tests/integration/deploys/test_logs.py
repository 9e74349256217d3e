"""What is written to files is rotated: by the real logrotate, from the rendered rules."""

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from deploys.components import api, logs
from deploys.rendering import render
from tests.integration.debian_programs import debian_libraries, debian_program

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def logrotate() -> Path:
    return debian_program("logrotate", "logrotate")


def rotate(program: Path, place: Path, *options: str) -> str:
    rules = place / "rules"
    rules.write_text(render("logs/logrotate.j2", root=str(place), user=pwd.getpwuid(os.getuid()).pw_name))
    rules.chmod(0o644)
    command = [str(part) for part in (program, *options, "--state", place / "state", rules)]
    environment = {**os.environ, "LD_LIBRARY_PATH": debian_libraries("libpopt0")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "error:" not in done.stderr
    return done.stderr


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "rollbacks" / "blog-production.jsonl"
    path.parent.mkdir(parents=True)
    path.parent.chmod(0o700)
    return path


def test_nothing_to_rotate_is_no_error(logrotate: Path, tmp_path: Path, log: Path) -> None:
    assert not log.exists()
    rotate(logrotate, tmp_path, "--force")


def test_lines_are_kept_in_the_rotated_file_and_new_ones_begin_another(
    logrotate: Path, tmp_path: Path, log: Path
) -> None:
    log.write_text("{}\n")
    assert "rotating pattern" in rotate(logrotate, tmp_path, "--debug")
    assert log.exists()
    rotate(logrotate, tmp_path, "--force")
    assert (log.with_name(f"{log.name}.1").read_text(), log.exists()) == ("{}\n", False)


@pytest.mark.parametrize(("size", "rotated"), [(11 * 2**20, True), (2**20, False)])
def test_a_big_file_does_not_wait_for_its_month(
    logrotate: Path, tmp_path: Path, log: Path, size: int, rotated: bool
) -> None:
    log.write_bytes(b"{}\n")
    rotate(logrotate, tmp_path)
    log.write_bytes(b"x" * size)
    rotate(logrotate, tmp_path)
    assert log.with_name(f"{log.name}.1").exists() == rotated


def test_the_rotated_files_are_the_apis() -> None:
    directories = {directory.path: directory.user for directory in api.directories()}
    assert directories[f"{logs.ROOT}/logs/rollbacks"] == logs.USER
