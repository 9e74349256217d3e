"""What is said about a host, given what was found on it."""

from dataclasses import replace
from typing import Any

import pytest

from codeb.domain.host_facts import HostFacts, Level, Listener, Trouble, Unreached
from codeb.domain.host_fitness import judge
from codeb.domain.infra import Infra

GIB = 1 << 30
ROLES = ("app", "streaming", "storage", "backup")
FOUR = {role: {"address": f"203.0.113.{n}", "roles": [role]} for n, role in enumerate(ROLES, 1)}
FIT = HostFacts(
    fingerprint="SHA256:abc",
    host_key_known=True,
    root=True,
    system="debian",
    system_version="12",
    architecture="x86_64",
    free={"/": 40 * GIB},
    memory=4 * GIB,
    clock_ahead=0.1,
    addresses=("127.0.0.1", "203.0.113.1"),
    listeners=(Listener(22, "sshd", "1"),),
    names={"db.example.org": ("203.0.113.3",)},
    systemd="running",
    failed_units=(),
    python=(3, 11),
    python_available=(3, 11),
)


def infra(**settings: Any) -> Infra:
    return Infra.parse({"domain": "example.org", "acme_email": "ops@example.org", "hosts": FOUR, **settings})


def wrong(facts: HostFacts | Unreached, host: str = "app", **settings: Any) -> list[tuple[str, Level, str]]:
    found = judge(infra(**settings), host, facts)
    return [(each.check, each.level, each.message) for each in found if each.level is not Level.OK]


def only(facts: HostFacts | Unreached, host: str = "app", **settings: Any) -> tuple[str, Level, str]:
    (found,) = wrong(facts, host, **settings)
    return found


def test_a_fit_host_has_nothing_to_mend() -> None:
    assert wrong(FIT) == []


@pytest.mark.parametrize(
    ("system", "version"), [("debian", "12"), ("debian", "13"), ("ubuntu", "22.04"), ("ubuntu", "24.04")]
)
def test_four_systems_are_known(system: str, version: str) -> None:
    assert wrong(replace(FIT, system=system, system_version=version)) == []


@pytest.mark.parametrize(
    ("system", "version"), [("debian", "11"), ("ubuntu", "23.10"), ("fedora", "40"), ("debian", ""), ("", "")]
)
def test_another_system_is_a_problem_that_names_those_that_work(system: str, version: str) -> None:
    check, level, message = only(replace(FIT, system=system, system_version=version))
    assert (check, level) == ("system", Level.PROBLEM)
    assert "Debian 12 or 13" in message


@pytest.mark.parametrize(
    ("machine", "level"), [("aarch64", Level.WARNING), ("i686", Level.PROBLEM), ("riscv64", Level.PROBLEM)]
)
def test_our_programs_are_for_x86_64(machine: str, level: Level) -> None:
    assert only(replace(FIT, architecture=machine))[:2] == ("architecture", level)


@pytest.mark.parametrize(("free", "level"), [(9.9, Level.WARNING), (2.0, Level.PROBLEM)])
def test_too_little_disk_is_said_with_the_path(free: float, level: Level) -> None:
    check, found, message = only(replace(FIT, free={"/": 40 * GIB, "/var": int(free * GIB)}))
    assert (check, found) == ("disk", level)
    assert f"{free:.1f} GiB free in /var" in message


@pytest.mark.parametrize(("memory", "level"), [(0.5, Level.WARNING), (0.2, Level.PROBLEM)])
def test_too_little_memory(memory: float, level: Level) -> None:
    assert only(replace(FIT, memory=int(memory * GIB)))[:2] == ("memory", level)


@pytest.mark.parametrize(
    ("ahead", "level", "side"),
    [(5, Level.WARNING, "ahead of"), (-5, Level.WARNING, "behind"), (90, Level.PROBLEM, "ahead")],
)
def test_a_clock_that_is_off(ahead: float, level: Level, side: str) -> None:
    check, found, message = only(replace(FIT, clock_ahead=ahead))
    assert (check, found) == ("clock", level)
    assert side in message


def test_a_user_without_sudo_gets_the_line_that_is_missing() -> None:
    check, level, message = only(replace(FIT, root=False), ssh={"user": "deploy"})
    assert (check, level) == ("root", Level.PROBLEM)
    assert "'deploy ALL=(ALL) NOPASSWD: ALL'" in message


def test_a_new_host_key_is_shown_to_be_compared() -> None:
    check, level, message = only(replace(FIT, host_key_known=False))
    assert (check, level) == ("SSH", Level.WARNING)
    assert "SHA256:abc" in message


@pytest.mark.parametrize(("state", "level"), [("degraded", Level.WARNING), ("", Level.PROBLEM)])
def test_systemd_has_to_run(state: str, level: Level) -> None:
    assert only(replace(FIT, systemd=state))[:2] == ("systemd", level)


def test_failed_units_are_named() -> None:
    assert "a.service, b.service" in only(replace(FIT, systemd="degraded", failed_units=("a.service", "b.service")))[2]


def test_an_address_that_is_not_the_hosts_own_is_a_problem() -> None:
    check, level, message = only(replace(FIT, addresses=("10.1.1.1",)))
    assert (check, level) == ("address", Level.PROBLEM)
    assert "set private_address to one of 10.1.1.1" in message


@pytest.mark.parametrize(
    ("python", "available", "level"),
    [((3, 10), (3, 10), Level.PROBLEM), (None, (3, 10), Level.PROBLEM), (None, None, Level.WARNING)],
)
def test_the_app_host_needs_a_python(
    python: tuple[int, int] | None, available: tuple[int, int] | None, level: Level
) -> None:
    assert only(replace(FIT, python=python, python_available=available))[:2] == ("Python", level)


def test_a_python_that_can_be_installed_is_good_enough() -> None:
    assert wrong(replace(FIT, python=None, python_available=(3, 13))) == []


def test_other_hosts_need_no_python() -> None:
    assert wrong(replace(FIT, addresses=("203.0.113.3",), python=None, python_available=None), "storage") == []


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_is_a_sentence_that_names_the_host(trouble: Trouble) -> None:
    check, level, message = only(Unreached(trouble, "SHA256:xyz"), ssh={"key": "/k", "port": 2222})
    assert (check, level) == ("SSH", Level.PROBLEM)
    assert "203.0.113.1" in message or "/k" in message
    assert "\n" not in message


def test_the_command_that_forgets_a_host_key_names_the_port() -> None:
    message = only(Unreached(Trouble.HOST_KEY_CHANGED, "SHA256:x"), ssh={"port": 2222, "known_hosts": "/kh"})[2]
    assert "ssh-keygen -R '[203.0.113.1]:2222' -f /kh" in message
