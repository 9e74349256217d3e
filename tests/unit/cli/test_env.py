"""codeb env on a host: no value on the command line, and a key that rotates."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codeb.cli.host import session
from codeb.cli.host.main import main
from codeb.services.actor import Actor
from tests.doors import House
from tests.unit.services.conftest import BLOG

TEXT = 'A=1\r\nPEM="-----BEGIN\r\nx\r\n-----END"\r\n'


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(tmp_path)
    house.world.init_project("blog", Actor("key_0", "api", "team-a"))

    @contextmanager
    def opened() -> Iterator[tuple[Any, str]]:
        yield house.services, "kim"

    monkeypatch.setattr(session, "opened", opened)
    return house


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(main, ["env", *arguments], input=stdin, catch_exceptions=False)


def test_what_get_prints_set_reads_back(house: House, tmp_path: Path) -> None:
    path = tmp_path / "some.env"
    path.write_bytes(TEXT.encode())
    assert run("set", "blog", "--file", str(path)).stdout.startswith("version 1: 2 new")
    stored = dict(house.world.envs.current(BLOG).variables)
    assert stored["PEM"] == "-----BEGIN\r\nx\r\n-----END"
    printed = run("get", "blog").stdout_bytes
    assert run("set", "blog", "-e", "staging", stdin=printed).exit_code == 0
    assert dict(house.world.envs.current(BLOG.of("blog", "staging")).variables) == stored
    assert run("get", "blog", "--names").stdout == "A\nPEM\n"
    assert run("get", "blog", "-e", "preview").stdout == ""


def test_values_come_from_standard_input_and_never_from_the_command_line(house: House) -> None:
    assert run("set", "blog", "A=hunter2").exit_code == 2
    assert run("set", "blog", stdin="A=1\nA=2").stderr == "named more than once, the last one counts: A\n"
    assert (
        run(
            "set",
            "blog",
            stdin="B=1",
        ).exit_code
        == 0
    )
    assert run("set", "blog", "--replace", "--dry-run", stdin="B=1").stdout.startswith("would store version 3: 0 new")
    assert (
        run("unset", "blog", "B").stdout == "version 3: 0 new, 0 changed, 1 removed; the next deploy runs with them\n"
    )
    assert run("set", "blog", stdin=b"A=\xff").exit_code == 2
    assert house.world.envs.current(BLOG).variables == {"A": "2"}


def test_history_diff_and_restore_in_a_line_each(house: House) -> None:
    assert run("history", "blog").stdout == "no variables were stored yet\n"
    for content in ("A=1\nB=1", "A=2\nC=1"):
        run("set", "blog", "--replace", stdin=content)
    assert run("diff", "blog").stdout == "version 1 to 2: +C ~A -B\n"
    assert run("diff", "blog", "0", "1").stdout == "version 0 to 1: +A +B\n"
    assert run("restore", "blog", "--dry-run").stdout.startswith(
        "would store version 3, which holds what version 1 does"
    )
    assert run("restore", "blog", "1").stdout.startswith("version 3, which holds what version 1 does: 1 new")
    assert run("restore", "blog").stdout.startswith("nothing: version 3")
    assert run("restore", "blog", "latest").exit_code == 2
    newest = run("history", "blog", "--limit", "1").stdout
    assert newest == "     3  2026-11-24 12:00  kim                      +B ~A -C  (version 1 again)\n"


def test_a_rotation_prints_counts_and_what_to_do_next(house: House) -> None:
    house.world.env_vault.rows = {("blog", "production", number): "old" for number in (1, 2)}
    assert run("rotate-key", "--dry-run").stdout == "would put 2 versions under the key new; 0 are under it\n"
    done = run("rotate-key")
    assert done.stdout.startswith("2 versions changed; 2 are under the key new\nNow take CODEB_ENV_KEY_PREVIOUS away")
    assert "Webhooks are signed" in done.stdout
    record = json.loads(run("rotate-key", "--json").stdout)
    assert (record["success"], record["changed"], record["versionsUnderKey"]) == (True, False, 2)


def test_a_rotation_that_lacks_a_key_names_it_and_is_exit_1(house: House) -> None:
    house.world.env_vault.rows = {("blog", "production", 1): "0badc0de", ("blog", "production", 2): "old"}
    done = run("rotate-key")
    assert (done.exit_code, done.stdout) == (1, "1 versions changed; 1 are under the key new\n")
    assert done.stderr == "Error: 1 versions stay: no key at hand opens them; theirs is 0badc0de\n"
    done = run("rotate-key", "--json")
    assert json.loads(done.stdout)["versionsMissingKey"] == {"0badc0de": 1}
    assert done.exit_code == 1


def test_the_help_tells_the_order_of_a_rotation() -> None:
    text = " ".join(run("rotate-key", "--help").output.split())
    for step in ("(1) the new key", "(2) restart the server", "(3) this command", "(4) take"):
        assert step in text
