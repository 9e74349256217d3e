"""`codeb hosts ports` as people and scripts meet it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from codeb import infra_file
from codeb.cli.host import ports as command
from codeb.cli.host.main import main
from tests.fakes.ports import FakePortLook
from tests.unit.cli.test_hosts import INFRA

LISTENS = {"one": dict.fromkeys((22, 80, 443, 5000, 5432, 6379, 8001, 9000, 9101, 9999), "program")}


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePortLook:
    path = tmp_path / "infra.toml"
    path.write_text(INFRA)
    monkeypatch.setenv("CODEB_INFRA", str(path))
    found = FakePortLook(infra_file.load(), LISTENS)
    monkeypatch.setattr(command, "SshPortLook", lambda ssh: found)
    return found


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["hosts", "ports", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_host_as_the_table_says_ends_in_one_good_line(look: FakePortLook) -> None:
    code, said, errors = run()
    assert (code, errors) == (0, "")
    assert said.endswith("connections tried, as the table says; UDP was not tried\n")


def test_it_is_a_command_of_its_own_too(look: FakePortLook) -> None:
    result = CliRunner().invoke(main, ["ports", "--json"])
    assert (result.exit_code, json.loads(result.stdout)["success"]) == (0, True)


def test_a_difference_is_a_line_and_an_exit_code(look: FakePortLook) -> None:
    look.opened.add(("container", "203.0.113.1", 22))
    code, said, _ = run()
    assert code == 1
    assert "open    one        203.0.113.1: port 22 (program) answers a container, and must not\n" in said
    assert "1 differ from the table" in said


def test_programs_get_one_record(look: FakePortLook) -> None:
    look.closed.add(("here", "203.0.113.1", 443))
    code, said, _ = run("--json")
    record = json.loads(said)
    assert (code, record["success"], record["protocol"], record["open"], record["unseen"]) == (1, False, "tcp", [], [])
    (closed,) = record["closed"]
    assert (closed["from"], closed["host"], closed["port"]) == ("this machine", "one", 443)


def test_without_infra_toml_it_says_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEB_INFRA", "/nowhere/infra.toml")
    code, _, errors = run()
    assert code == 2
    assert "copy infra.example.toml" in errors
