"""Upgrades of one component: what stops one before it begins, what counts as newer, and what is said afterwards."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyinfra.api.exceptions import DeployError

from codeb.domain.infra import Role
from deploys.operations import upgrade as steps
from deploys.operations.upgrade import UNHEALTHY, Newer, Obstacles, Upgrade, Version
from deploys.upgrade import on_failure, require_alone, wanted
from deploys.upgrades import UPGRADES
from tests.unit.deploys import local

Program = Callable[[str, str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a shell script on the path, before the machine's own programs."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")

    def put(name: str, script: str) -> None:
        (directory / name).write_text(f"#!/bin/sh\n{script}\n")
        (directory / name).chmod(0o755)

    return put


def answer(command: str) -> list[str]:
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def obstacles(locks: Path, healthy: str = "true", backed_up: str = "") -> list[str]:
    command = Obstacles().command(healthy, backed_up).replace("/opt/codeb/locks", str(locks))
    return Obstacles().process(answer(command))


@pytest.fixture(autouse=True)
def room(program: Program) -> None:
    program("df", "echo head; echo /dev/x 9000 1 8999 1% /")


def test_nothing_is_in_the_way_on_a_quiet_host(tmp_path: Path) -> None:
    (tmp_path / "blog.lock").touch()
    assert obstacles(tmp_path) == []


def test_what_is_sick_is_mended_first(tmp_path: Path) -> None:
    assert obstacles(tmp_path, healthy="false") == [UNHEALTHY]


def test_a_full_disk_is_in_the_way(tmp_path: Path, program: Program) -> None:
    program("df", "echo head; echo /dev/x 9000 8500 500 95% /")
    assert obstacles(tmp_path) == [f"{place} has 500 MB free, 1024 are needed" for place in ("/", "/var")]


def test_a_running_release_is_waited_for(tmp_path: Path) -> None:
    lock = tmp_path / "blog-production.lock"
    holder = subprocess.Popen(["flock", lock, "sh", "-c", "echo held; read line"], stdin=-1, stdout=-1)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert obstacles(tmp_path) == ["a release is running: blog-production"]
    finally:
        holder.communicate(b"\n", timeout=10)


@pytest.mark.parametrize(
    ("records", "said"),
    [
        pytest.param({"copies": {"codeb": 1, "(redis)": 1}}, [], id="fresh"),
        pytest.param({"backup": {"codeb": 1}, "copies": {"codeb": 1}}, [], id="dumped and copied"),
        pytest.param({"copies": {"codeb": 1, "blog": 30}}, ["no backup younger than a day of: blog"], id="one is old"),
        pytest.param(
            {"backup": {"blog": 30}, "copies": {"blog": 30}}, ["no backup younger than a day of: blog, blog"], id="both"
        ),
        pytest.param({"backup": {"codeb": 1}}, ["no backup younger than a day of: everything"], id="never copied"),
        pytest.param({}, ["no backup younger than a day of: everything"], id="never backed up"),
    ],
)
def test_data_are_not_touched_without_a_young_backup(
    records: dict[str, dict[str, int]], said: list[str], tmp_path: Path
) -> None:
    for name, ages in records.items():
        made = {label: time.time() - hours * 3600 for label, hours in ages.items()}
        (tmp_path / f"{name}.json").write_text(json.dumps(made))
    assert obstacles(tmp_path, backed_up=str(tmp_path)) == said


def test_a_record_that_cannot_be_read_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "copies.json").write_text("{")
    assert obstacles(tmp_path, backed_up=str(tmp_path))[0].startswith("no backup younger than a day of: ")


APT = """case "$*" in
  *update*) exit 0;;
  *--simulate*) echo "$*" >> {asked}; test ! -e {done} || exit 0
    echo 'NOTE: this is a simulation'
    echo 'Inst redis-server [5:7.0.15-1] (5:7.0.15-2 Debian:12.9/stable [amd64])'
    echo 'Conf redis-server (5:7.0.15-2 Debian:12.9/stable [amd64])';;
  *) echo "$*" >> {done};;
esac"""


@pytest.fixture
def apt(tmp_path: Path, program: Program) -> tuple[Path, Path]:
    """What apt-get was asked to simulate, and to do; it has something newer until it has done it."""
    asked, done = tmp_path / "asked", tmp_path / "done"
    program("apt-get", APT.format(asked=asked, done=done))
    program("dpkg-query", "echo 'redis-server installed'; echo 'redis-tools installed'; echo 'redis-x not-installed'")
    return asked, done


def test_what_is_newer_is_told_from_version_to_version(apt: tuple[Path, Path]) -> None:
    found = Newer().process(answer(Newer().command(("redis-server", "redis-x"))))
    assert found == {"redis-server": "5:7.0.15-1 -> 5:7.0.15-2"}
    (asked,) = apt[0].read_text().splitlines()
    assert asked.endswith("install --only-upgrade --no-remove redis-server redis-tools")


def test_packages_are_upgraded_once(apt: tuple[Path, Path]) -> None:
    assert local.apply(steps.packages, packages=["redis-server"]) is True
    (done,) = apt[1].read_text().splitlines()
    assert "--yes" in done
    assert "redis-x" not in done
    assert local.apply(steps.packages, packages=["redis-server"]) is False


def test_every_package_is_upgraded_without_a_removal(apt: tuple[Path, Path]) -> None:
    local.apply(steps.packages, packages=["*"])
    assert apt[1].read_text().split()[-1] == "upgrade"


def test_a_version_is_one_line_and_nothing_where_there_is_none() -> None:
    assert Version().process(answer(Version().command("echo a; echo b >&2; echo c"))) == "a c"
    assert Version().process(answer(Version().command("no-such-program --version"))) == ""


def looked(healthy: str, *, undo: str = "", before: str = "1", expected: str = "") -> bool:
    component = Upgrade(
        *(print, (Role.APP,), "echo 2", healthy), back="put 1 back", undo=undo, expected=lambda: expected, seconds=2
    )
    return local.apply(steps.well, component="thing", upgrade=component, before=before, private="10.0.0.1")


def test_what_is_well_is_not_changed() -> None:
    assert looked('test "$PRIVATE" = 10.0.0.1') is False


def test_what_needs_a_moment_gets_it(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert looked(f"test $(wc -l < {mark} 2>/dev/null || echo 0) -gt 2 || {{ echo >> {mark}; false; }}") is True


def test_what_does_not_get_well_is_undone_and_fails(tmp_path: Path) -> None:
    with pytest.raises(local.Failed):
        looked("false", undo=f"touch {tmp_path}/undone")
    assert (tmp_path / "undone").exists()


def test_nothing_is_undone_where_nothing_was_upgraded(tmp_path: Path) -> None:
    with pytest.raises(local.Failed):
        looked("false", undo=f"touch {tmp_path}/undone", before="2")
    assert not (tmp_path / "undone").exists()


@pytest.mark.parametrize("name", [None, "nginx"])
def test_an_unknown_component_is_refused_with_those_that_are_known(name: str | None) -> None:
    with pytest.raises(DeployError, match="caddy, centrifugo, codeb, docker"):
        wanted(name)


def test_one_host_at_a_time() -> None:
    require_alone("caddy", ["app"])
    require_alone("caddy", [])
    with pytest.raises(DeployError, match="--limit app first"):
        require_alone("caddy", ["app", "streaming"])


@pytest.mark.parametrize("name", UPGRADES)
def test_every_command_of_the_table_is_one(name: str) -> None:
    component = wanted(name)
    for command in (component.healthy_on("10.0.0.1"), component.version, component.undo):
        subprocess.run(["sh", "-n", "-c", command], check=True, capture_output=True)


@pytest.mark.parametrize("name", UPGRADES)
def test_a_failed_step_leaves_a_way_back_that_the_look_before_does_not_refuse(name: str) -> None:
    said = on_failure(UPGRADES[name])
    assert UPGRADES[name].back in said
    assert "run this again" not in UPGRADES[name].back


def test_data_at_stake_have_a_backup() -> None:
    assert {name for name, component in UPGRADES.items() if component.backed_up} == {"postgres", "redis", "codeb"}


def test_what_was_not_installed_is_no_success_although_the_old_one_is_well(tmp_path: Path) -> None:
    with pytest.raises(local.Failed):
        looked("true", undo=f"touch {tmp_path}/undone", before="2", expected="3")
    assert not (tmp_path / "undone").exists()
