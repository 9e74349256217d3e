"""Who sits on the ports of our programs."""

from dataclasses import replace

from codeb.domain.host_facts import Finding, Level, Listener
from codeb.domain.host_ports import OURS, judge_ports, wanted
from codeb.domain.infra import Role
from tests.unit.domain.test_host_fitness import FIT


def judged(*listeners: Listener, roles: tuple[Role, ...] = (Role.APP,)) -> list[Finding]:
    return list(judge_ports("h", roles, replace(FIT, listeners=listeners)))


def test_our_own_programs_are_expected_on_a_second_look() -> None:
    """The kernel knows 15 characters of a name."""
    taken = [Listener(port, name[:15]) for port, name in wanted(tuple(Role)).items()]
    assert [found.level for found in judged(*taken, roles=tuple(Role))] == [Level.OK]


def test_another_web_server_is_a_problem_that_names_its_process() -> None:
    (found,) = judged(Listener(80, "nginx", "812"), Listener(80, "nginx", "812"))
    assert found.level is Level.PROBLEM
    assert "port 80, which caddy needs, is in use by nginx (process 812)" in found.message
    assert "systemctl status 812" in found.message


def test_a_container_on_a_port_of_ours_is_found_by_the_engine() -> None:
    (found,) = judged(Listener(5432, "docker-proxy", "9"), roles=(Role.STORAGE,))
    assert "docker ps --filter publish=5432" in found.message


def test_a_program_that_cannot_be_seen_is_said() -> None:
    (found,) = judged(Listener(443, ""))
    assert found.level is Level.PROBLEM
    assert "a program that could not be seen" in found.message


def test_ports_of_other_roles_do_not_matter() -> None:
    (found,) = judged(Listener(6379, "something"))
    assert found.level is Level.OK


def test_a_stranger_among_the_projects_ports_is_a_warning() -> None:
    found = judged(Listener(4123, "node"), Listener(4124, "docker-proxy"))
    assert [each.level for each in found] == [Level.OK, Level.WARNING]
    assert "port 4123" in found[1].message


def test_without_ss_nothing_is_claimed() -> None:
    (found,) = judge_ports("h", (Role.APP,), replace(FIT, listeners=None))
    assert found.level is Level.WARNING
    assert "iproute2" in found.message


def test_no_two_roles_want_one_port_for_different_programs() -> None:
    for role in Role:
        for port, program in OURS[role].items():
            assert wanted(tuple(Role))[port] == program
