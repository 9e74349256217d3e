"""Kernel settings by role, and when a host gets swap."""

from dataclasses import replace

import pytest

from codeb.domain.infra import Role
from deploys.components import kernel
from deploys.operations.kernel import State, parse, unit_name

SMALL = State(memory=1 << 20, free=20 << 20, file_system="ext2/ext3")


def settings(*roles: Role) -> dict[str, str]:
    lines = [line for line in kernel.conf(roles).splitlines() if not line.startswith("#")]
    return dict(line.split(" = ") for line in lines)


def test_the_storage_host_is_set_for_redis_and_postgresql() -> None:
    assert settings(Role.STORAGE) == {
        "net.core.somaxconn": "4096",
        "vm.overcommit_memory": "1",
        "vm.swappiness": "10",
    }


@pytest.mark.parametrize("role", [Role.APP, Role.STREAMING, Role.BACKUP])
def test_hosts_with_caddy_have_its_buffers_and_nothing_of_the_databases(role: Role) -> None:
    assert settings(role).keys() == {"net.core.somaxconn", "net.core.rmem_max", "net.core.wmem_max"}


def test_one_host_with_every_role_has_each_setting_once() -> None:
    lines = [line for line in kernel.conf(list(Role)).splitlines() if " = " in line]
    assert len(lines) == len(set(lines)) == 5


def test_every_setting_says_why() -> None:
    assert all(setting.why for wanted in kernel.WANTED.values() for setting in wanted)


def test_little_memory_and_no_swap_wants_some() -> None:
    assert SMALL.wants_swap


@pytest.mark.parametrize(
    "other",
    [
        {"container": True},
        {"swap": 1024},
        {"memory": 8 << 20},
        {"memory": 0},
        {"free": 1 << 20},
        {"file_system": "btrfs"},
    ],
)
def test_nobody_else_gets_swap(other: dict[str, object]) -> None:
    assert not replace(SMALL, **other).wants_swap  # type: ignore[arg-type]


def test_a_hosts_answer_is_read() -> None:
    said = ["keeps_time=yes", "memory=2014504", "swap=0", "free=31457280", "file_system=ext2/ext3"]
    assert parse(said) == State(False, True, 0, 2014504, 31457280, "ext2/ext3")
    assert parse(["container=yes", "memory=10", "swap=0", "free=1", "file_system=overlayfs"]).container


def test_the_swap_unit_is_named_after_its_file() -> None:
    assert unit_name(kernel.SWAP) == "var-codebswap.swap"
