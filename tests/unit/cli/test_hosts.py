"""`codeb hosts check` as people and scripts meet it, on the operator's machine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from codeb.cli.host import hosts as command
from codeb.cli.host.main import main
from codeb.domain.host_facts import HostFacts, Trouble, Unreached
from codeb.domain.infra import Host, Ssh
from tests.unit.domain.test_host_fitness import FIT, infra
from tests.unit.domain.test_host_names import right

INFRA = """\
domain = "example.org"
tls = "internal"
[hosts.one]
address = "203.0.113.1"
roles = ["app", "streaming", "storage", "backup"]
"""


class Look:
    found: HostFacts | Unreached = replace(FIT, names={name: ("203.0.113.1",) for name in right(infra())})

    def look(self, host: Host, ssh: Ssh, names: Sequence[str]) -> HostFacts | Unreached:
        return self.found


class Lookup:
    def addresses(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        return {name: ("203.0.113.1",) for name in names}


class Away(Look):
    found = Unreached(Trouble.NO_ANSWER)


@pytest.fixture(autouse=True)
def fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "infra.toml"
    path.write_text(INFRA)
    monkeypatch.setenv("CODEB_INFRA", str(path))
    monkeypatch.setattr(command, "SshLook", Look)
    monkeypatch.setattr(command, "SystemLookup", Lookup)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["hosts", "check", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_fit_hosts_end_in_one_good_line() -> None:
    code, said, errors = run()
    assert (code, errors) == (0, "")
    assert said.startswith("one  203.0.113.1  (app, streaming, storage, backup)\n")
    assert said.endswith("every host is fit; 0 to know about\n")


def test_a_problem_is_an_exit_code_and_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "SshLook", Away)
    code, said, _ = run()
    assert code == 1
    assert "problem  SSH" in said
    assert said.endswith("1 to mend before the bootstrap, 0 to know about\n")


def test_programs_get_one_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "SshLook", Away)
    code, said, _ = run("--json")
    record = json.loads(said)
    assert (code, record["success"]) == (1, False)
    assert record["findings"][0].keys() == {"host", "check", "level", "message"}
    assert record["findings"][0]["level"] == "problem"


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_without_infra_toml_it_says_what_to_write(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    monkeypatch.setenv("CODEB_INFRA", "/nowhere/infra.toml")
    code, said, errors = run(*arguments)
    assert code == 2
    assert "copy infra.example.toml" in errors
    assert not arguments or json.loads(said)["success"] is False
