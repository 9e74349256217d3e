"""we env: what is stored, what is shown to whom, and no value where others can read it. Lessons 3 and 9."""

import stat
from pathlib import Path

import pytest

from codeb.cli.we import asking
from tests.unit.cli.we.answering import answered
from tests.unit.cli.we.conftest import Desk
from tests.unit.services.conftest import BLOG

TEXT = 'A=1\nPEM="-----BEGIN\nx \x1b[31m\'\\\n-----END"\n'


def stored(desk: Desk) -> dict[str, str]:
    return dict(desk.house.world.envs.current(BLOG).variables)


def sets(desk: Desk, text: str, *options: str) -> str:
    done = desk.we("env", "set", "blog", *options, given=text)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_what_get_prints_set_reads_back_to_the_last_character(desk: Desk) -> None:
    assert sets(desk, TEXT).startswith("version 1: 2 new")
    before = stored(desk)
    printed = desk.we("env", "get", "blog").stdout
    sets(desk, printed, "-e", "staging")
    assert dict(desk.house.world.envs.current(BLOG.of("blog", "staging")).variables) == before
    assert desk.told("env", "get", "blog", "--names") == "A\nPEM\n"
    assert desk.told("env", "get", "blog", "A") == "A='1'\n"
    assert "B is not stored" in desk.we("env", "get", "blog", "B").stderr


@pytest.mark.parametrize("role", ["viewer", "assistant"])
def test_who_sees_names_only_gets_names_only(desk: Desk, role: str) -> None:
    sets(desk, "TOKEN=hunter22")
    kind = {"kind": "assistant"} if role == "assistant" else {}
    desk.environ["CODEB_API_KEY"] = desk.house.key("member" if kind else role, **kind)
    done = desk.we("env", "get", "blog")
    assert (done.stdout, done.stderr) == ("TOKEN\n", "this key sees the names only; a member's sees the values\n")
    assert desk.answer("env", "get", "blog")["variables"] == {"TOKEN": "********"}
    refused = desk.answer("env", "pull", "blog", code=1)
    assert refused["code"] == "only_names"
    assert not Path(".env").exists()


@pytest.mark.parametrize("words", [("A=hunter22",), ("blog", "A=hunter22"), ("blog", "B", "hunter22=x")])
def test_a_value_on_the_command_line_is_refused_and_not_repeated(desk: Desk, words: tuple[str, ...]) -> None:
    done = desk.we("env", "set", *words)
    assert done.exit_code == 2
    assert "is on the command line" in done.stderr
    assert "--file .env" in done.stderr
    assert "hunter22" not in done.output or words[-1].startswith("hunter22")
    assert stored(desk) == {}


def test_a_value_is_asked_for_without_being_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "at_a_terminal", lambda: True)
    desk.environ["CODEB_PROJECT"] = "blog"
    done = desk.we("env", "set", "SECRET", given="hunter22\n")
    assert done.exit_code == 0, done.output
    assert "hunter22" not in done.output
    assert stored(desk) == {"SECRET": "hunter22"}
    assert desk.we("env", "set", "SECRET", given="\n").exit_code == 2
    assert "say a NAME" in desk.we("env", "set", "blog").stderr


def test_a_value_is_piped_in_without_the_end_of_its_line(desk: Desk) -> None:
    done = desk.we("env", "set", "blog", "KEY=-", given="a=b\n")
    assert (done.exit_code, stored(desk)) == (0, {"KEY": "a=b"})
    assert desk.we("env", "set", "blog", "A=-", "B=-", given="x").exit_code == 2
    assert "nobody is here" in desk.we("env", "set", "blog", "A").stderr


def test_replacing_says_what_it_takes_away_and_wants_a_yes(desk: Desk) -> None:
    sets(desk, "A=1\nB=2")
    refused = desk.we("env", "set", "blog", "--replace", given="B=2")
    assert (refused.exit_code, stored(desk)) == (2, {"A": "1", "B": "2"})
    assert "This takes away A" in refused.stderr
    assert desk.we("env", "set", "blog", "--replace", "--dry-run", given="B=2").stdout.startswith(
        "would store version 2"
    )
    sets(desk, "B=2", "--replace", "--yes")
    assert stored(desk) == {"B": "2"}
    sets(desk, "B=3", "--replace")
    Path(".env").write_text("C=2")
    answered(desk, "n", "env", "push", "blog", "--replace", code=1)
    assert stored(desk) == {"B": "3"}
    answered(desk, "y", "env", "push", "blog", "--replace")
    assert stored(desk) == {"C": "2"}


def test_pull_writes_a_file_for_its_owner_alone_and_asks_before_it_overwrites(desk: Desk) -> None:
    sets(desk, TEXT)
    assert desk.told("env", "pull", "blog", "--dry-run").startswith("would write 2 variables, version 1, into .env")
    assert not Path(".env").exists()
    assert desk.told("env", "pull", "blog") == ".env holds 2 variables, version 1\n"
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600
    assert desk.told("env", "pull", "blog") == ".env holds 2 variables, version 1 already\n"
    Path(".env").write_text("MINE=1\n")
    assert desk.we("env", "pull", "blog").exit_code == 2
    answered(desk, "n", "env", "pull", "blog", code=1)
    assert Path(".env").read_text() == "MINE=1\n"
    record = desk.answer("env", "pull", "blog", "--yes")
    assert (record["changed"], record["names"]) == (True, ["A", "PEM"])
    assert "variables" not in record
    assert desk.told("env", "push", "blog").startswith("nothing: the stored variables are these already")
    assert [each.name for each in Path().iterdir()] == [".env"], "no half of a file is left behind"


def test_scan_tells_names_and_never_values(desk: Desk) -> None:
    sets(desk, "A=1\nB=hunter22\nC=3")
    assert desk.told("env", "scan", "blog") == "A\nB\nC\n"
    Path(".env").write_text("A=1\nB=other22\nD=4\n")
    text = desk.told("env", "scan", "blog")
    for words in ("B         differs", "D         only in the file", "C         only on the server", "3 differ, 1 are"):
        assert words in text
    assert "22" not in text.replace("2026", "")


def test_versions_in_a_table_masked_and_back_again(desk: Desk) -> None:
    assert desk.told("env", "history", "blog") == "no variables were stored yet\n"
    sets(desk, "A=1\nB=hunter22")
    sets(desk, "A=2\nC=1", "--replace", "--yes")
    assert "+C ~A -B" in desk.told("env", "history", "blog")
    text = desk.told("env", "diff", "blog")
    assert [line.split() for line in text.splitlines()[1:]] == [
        ["A", "****", "****"],
        ["C", "-", "****"],
        ["B", "****", "-"],
    ]
    assert "hold the same" in desk.told("env", "diff", "blog", "--from", "1", "--to", "1")
    assert desk.told("env", "restore", "blog", "--dry-run").startswith("would store version 3")
    assert desk.told("env", "restore", "blog", "--version", "1").startswith(
        "version 3, which holds what version 1 does"
    )
    assert stored(desk) == {"A": "1", "B": "hunter22"}
    assert "+A +B" not in desk.told("env", "unset", "blog", "B")
    assert stored(desk) == {"A": "1"}


def test_a_file_that_cannot_be_read_is_named(desk: Desk) -> None:
    assert "absent.env cannot be read: No such file" in desk.we("env", "push", "blog", "--file", "absent.env").stderr
    Path("odd.env").write_bytes(b"A=\xff")
    assert "odd.env is not UTF-8" in desk.we("env", "push", "blog", "--file", "odd.env").stderr
