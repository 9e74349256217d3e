"""The units of backups and drills, and what they are given."""

import py_compile
import subprocess
from pathlib import Path

import pytest

from deploys.components import backups
from deploys.components.backup_units import PROGRAM
from deploys.components.host_certificate import TEXTFILES
from deploys.platform import Platform
from tests.unit.deploys.conftest import MakePlatform


def texts(platform: Platform) -> dict[str, str]:
    return {Path(file.dest).name: file.data.decode() for file in backups.files(platform)}


def test_dumps_are_kept_for_two_weeks_or_as_the_operator_says(make_platform: MakePlatform) -> None:
    command = "\nExecStart=/usr/bin/python3 -B /usr/local/lib/codeb/backup/dump.py /var/backups/codeb {} 1024\n"
    assert command.format(14) in texts(make_platform())["codeb-backup.service"]
    assert command.format(3) in texts(make_platform(backups={"keep_days": 3}))["codeb-backup.service"]


@pytest.mark.parametrize("name", [backups.BACKUP, backups.DRILL])
def test_a_unit_is_user_postgres_who_writes_below_the_backups_and_reaches_no_network(
    platform: Platform, name: str
) -> None:
    lines = set(texts(platform)[f"{name}.service"].splitlines())
    assert lines >= {
        "User=postgres",
        "UMask=0077",
        "ProtectSystem=strict",
        f"ReadWritePaths={backups.ROOT}",
        "RestrictAddressFamilies=AF_UNIX",
    }
    assert "WantedBy=timers.target" in texts(platform)[f"{name}.timer"]


@pytest.mark.parametrize("name", [backups.BACKUP, backups.DRILL])
def test_what_happened_is_published_by_root_after_a_failure_too(platform: Platform, name: str) -> None:
    published = f"ExecStopPost=+/usr/bin/python3 -B {PROGRAM}/publish.py {backups.ROOT} {backups.METRICS}"
    assert published in texts(platform)[f"{name}.service"].splitlines()
    assert Path(backups.METRICS).parent == Path(TEXTFILES)


def test_every_program_that_a_unit_names_is_installed_with_what_it_imports(platform: Platform, tmp_path: Path) -> None:
    installed = texts(platform)
    for name in ("common.py", "dump.py", "drill.py", "publish.py"):
        (tmp_path / name).write_text(installed[name])
        py_compile.compile(str(tmp_path / name), cfile=str(tmp_path / "compiled"), doraise=True)
    done = subprocess.run(["python3", "-B", "-c", "import drill, publish"], cwd=tmp_path, check=False)
    assert done.returncode == 0
