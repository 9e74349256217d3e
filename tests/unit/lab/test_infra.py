"""The lab writes what an operator would write, and follows its subnet."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeb.domain.infra import Infra, Role
from tests.lab import hosts, infra
from tests.lab.shell import CommandFailed


@pytest.fixture(autouse=True)
def _fresh_subnet() -> Iterator[None]:
    hosts.subnet.cache_clear()
    yield
    hosts.subnet.cache_clear()


def test_the_labs_file_is_one_that_the_product_accepts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"a program")
    monkeypatch.setenv("LAB_SUBNET", "10.99.7.0/24")
    monkeypatch.setattr(infra, "program", lambda name: program)
    found = Infra.parse(tomllib.loads(infra.text(tmp_path)))
    assert [found.address_of(role) for role in Role] == ["10.99.7.11", "10.99.7.12", "10.99.7.13", "10.99.7.14"]
    assert found.admin_networks == ("10.99.7.1/32",)
    assert found.http_redirect is False
    assert found.component("grafana").source == "none"


def test_a_subnet_without_room_for_the_hosts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SUBNET", "10.99.7.0/29")
    with pytest.raises(CommandFailed, match="/28 or larger"):
        hosts.subnet()
