"""What answers is held against the table, from outside, between hosts and from inside a container."""

import pytest

from codeb.domain.infra import Infra, Role
from codeb.domain.port_views import METADATA, Kind
from codeb.services.check_ports import Scan, check_ports
from tests.fakes.ports import FakePortLook

FOUR = {
    role: {"address": f"203.0.113.{n}", "private_address": f"10.0.0.{n}", "roles": [role]}
    for n, role in enumerate(("app", "streaming", "storage", "backup"), 1)
}
LISTENS = {
    "app": {22: "sshd", 80: "caddy", 443: "caddy", 9100: "node", 9101: "codeb", 9999: "proxy", 4100: "docker-proxy"},
    "streaming": {22: "sshd", 80: "caddy", 443: "caddy", 8000: "centrifugo", 8001: "centrifugo", 9999: "proxy"},
    "storage": {22: "sshd", 5000: "registry", 5432: "postgres", 6379: "redis", 9000: "s3", 9999: "proxy"},
    "backup": {
        **{22: "sshd", 80: "caddy", 443: "caddy", 3000: "grafana"},
        **{9090: "prometheus", 9443: "copies", 9999: "proxy"},
    },
}


@pytest.fixture
def infra() -> Infra:
    return Infra.parse({"domain": "example.org", "tls": "off", "hosts": FOUR, "admin_networks": ["192.0.2.0/24"]})


@pytest.fixture
def look(infra: Infra) -> FakePortLook:
    return FakePortLook(infra, {name: dict(ports) for name, ports in LISTENS.items()})


def scan(look: FakePortLook) -> Scan:
    return check_ports(look.infra, look=look, ssh_of=look.infra.ssh_of)


def told(found: Scan) -> list[tuple[str, str, int, Kind]]:
    return [(each.origin, each.host, each.port, each.kind) for each in found.differences]


def test_hosts_that_do_what_the_table_says_have_no_difference(look: FakePortLook) -> None:
    found = scan(look)
    assert (told(found), list(found.unseen), found.as_declared) == ([], [], True)
    assert found.tried > 100


def test_a_port_that_answers_the_world_is_named_with_its_program(look: FakePortLook) -> None:
    look.opened.add(("here", "203.0.113.1", 9100))
    found = scan(look)
    assert told(found) == [("this machine", "app", 9100, Kind.OPEN)]
    assert found.differences[0].message == "203.0.113.1: port 9100 (node) answers this machine, and must not"
    assert not found.as_declared


def test_a_port_that_should_answer_another_host_and_does_not(look: FakePortLook) -> None:
    look.closed.add(("app", "10.0.0.3", 5432))
    assert told(scan(look)) == [("app", "storage", 5432, Kind.CLOSED)]


@pytest.mark.parametrize("port", [22, 5000, 9000])
def test_what_a_container_reaches_beyond_its_databases_is_a_difference(look: FakePortLook, port: int) -> None:
    look.opened.add(("container", "10.0.0.3", port))
    assert told(scan(look)) == [("a container", "storage", port, Kind.OPEN)]


def test_a_container_that_has_lost_its_databases_is_a_difference(look: FakePortLook) -> None:
    look.closed.add(("container", "10.0.0.3", 6379))
    assert told(scan(look)) == [("a container", "storage", 6379, Kind.CLOSED)]


def test_the_metadata_address_is_tried_from_inside_a_container(look: FakePortLook) -> None:
    look.opened.add(("container", METADATA, 80))
    assert told(scan(look)) == [("a container", "the cloud's metadata", 80, Kind.OPEN)]


def test_every_port_that_listens_is_tried_from_everywhere(look: FakePortLook) -> None:
    scan(look)
    for name, address in (("here", "203.0.113.1"), ("backup", "10.0.0.1"), ("container", "203.0.113.1")):
        assert {port for at, port in look.tried[name] if at == address} >= LISTENS["app"].keys()


def test_an_admin_machine_may_reach_more_and_that_is_no_difference(look: FakePortLook) -> None:
    look.client = "192.0.2.9"
    assert scan(look).as_declared
    look.closed.add(("here", "203.0.113.4", 9090))
    assert told(scan(look)) == [("this machine", "backup", 9090, Kind.CLOSED)]


def test_a_machine_that_a_host_does_not_know_is_a_stranger_to_it(look: FakePortLook) -> None:
    look.client = ""
    look.opened.add(("here", "203.0.113.4", 9090))
    assert told(scan(look)) == [("this machine", "backup", 9090, Kind.OPEN)]


def test_a_port_that_nobody_listens_on_is_said_and_is_no_failure(look: FakePortLook) -> None:
    del look.listens["app"][443]
    found = scan(look)
    assert told(found) == [("the table", "app", 443, Kind.SILENT)]
    assert found.as_declared


def test_a_host_that_is_away_is_said_and_the_others_are_scanned(look: FakePortLook) -> None:
    look.away = "streaming"
    look.opened.add(("here", "203.0.113.1", 9100))
    found = scan(look)
    assert [each.host for each in found.unseen] == ["streaming"]
    assert told(found) == [("this machine", "app", 9100, Kind.OPEN)]
    assert not found.as_declared


def test_without_a_view_from_inside_a_container_nothing_is_claimed(look: FakePortLook) -> None:
    look.no_container = True
    found = scan(look)
    assert [(each.host, each.check) for each in found.unseen] == [("app", "container")]
    assert "docker: not found" in found.unseen[0].message
    assert not found.as_declared


def test_without_the_app_host_no_container_is_tried(look: FakePortLook) -> None:
    look.away = "app"
    scan(look)
    assert "container" not in look.tried


def test_one_host_with_every_role(infra: Infra) -> None:
    one = Infra.parse(
        {"domain": "example.org", "tls": "off", "hosts": {"only": {"address": "203.0.113.9", "roles": list(Role)}}}
    )
    look = FakePortLook(one, {"only": {port: program for ports in LISTENS.values() for port, program in ports.items()}})
    assert scan(look).as_declared
    look.opened.add(("container", "203.0.113.9", 5000))
    assert told(scan(look)) == [("a container", "only", 5000, Kind.OPEN)]
