"""Dotenv text: what somebody wrote is read once, what we wrote comes back as it was. Lesson 29, issue 5."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import characters, dictionaries, from_regex, text

from codeb.adapters.env_files import DotenvFiles, parse_dotenv, read_dotenv
from codeb.domain.names import Environment
from codeb.domain.variables import dotenv_text, require_variables
from codeb.errors import InvalidInput
from codeb.services.protocols import EnvVersion

BLOG = Environment.of("blog")
names = from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,20}", fullmatch=True)
anything = text(characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=60)
syntax = text("'\"\\\n\r\t #$={}`a\x0b\x85\u2028\ufeff", max_size=30)


@given(dictionaries(names, anything | syntax, max_size=8))
def test_any_variables_survive_the_text(variables: dict[str, str]) -> None:
    require_variables("variables", variables)
    written = dotenv_text(variables)
    assert parse_dotenv(written) == variables
    assert read_dotenv(written, "content").variables == variables
    assert dotenv_text(read_dotenv(written, "content").variables) == written


@given(dictionaries(names, anything | syntax, max_size=4))
def test_any_variables_survive_the_host_s_copy(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]
) -> None:
    files = DotenvFiles(tmp_path_factory.mktemp("env"))
    files.write(BLOG, EnvVersion(3, variables))
    assert files.read(BLOG) == files.read(BLOG, 3) == EnvVersion(3, variables)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=plain", "plain"),
        ("export A=plain", "plain"),
        ("A = spaced ", "spaced"),
        ("A", ""),
        ("A=", ""),
        ("A= # nothing but a comment", ""),
        ("A=#hash", "#hash"),
        ("A=p#q", "p#q"),
        ("A=p # q", "p"),
        ("A='p # q'", "p # q"),
        ('A="p # q" # r', "p # q"),
        ("A='it\\'s'", "it's"),
        ('A="say \\"hi\\""', 'say "hi"'),
        ('A="two\\nlines"', "two\nlines"),
        ("A='two\\nlines'", "two\\nlines"),
        ('A="-----BEGIN\nkey\n-----END"', "-----BEGIN\nkey\n-----END"),
        ("A=$HOME/${USER}", "$HOME/${USER}"),
        ('A="$HOME"', "$HOME"),
        ('A={"json": true}', '{"json": true}'),
        ("A=postgres://me:p%40ss@db/x?a=b", "postgres://me:p%40ss@db/x?a=b"),
        ("\ufeffA=after a byte order mark", "after a byte order mark"),
    ],
)
def test_quotes_and_hashes_are_syntax_and_a_dollar_is_not(line: str, value: str) -> None:
    assert read_dotenv(line, "content").variables == {"A": value}
    assert read_dotenv(f"# before\r\n{line.lstrip(chr(0xFEFF))}\r\nB=1\r\n", "content").variables == {
        "A": value,
        "B": "1",
    }


def test_of_a_name_that_stands_twice_the_last_counts_and_it_is_told() -> None:
    found = read_dotenv("A=1\nB=1\nA=2\nC=1\nA=3\nC=1", "content")
    assert found.variables == {"A": "3", "B": "1", "C": "1"}
    assert found.duplicates == ("A", "C")


@pytest.mark.parametrize(
    ("content", "line"),
    [("A=1\n\n\nhunter2 hunter2", 4), ("\r\n\r\nA-B=hunter2", 3), ("A='hunter2", 1), ('A="x\ny"\nhunter2 hunter2', 3)],
)
def test_a_line_that_is_no_variable_is_named_by_its_number(content: str, line: int) -> None:
    with pytest.raises(InvalidInput, match=rf"^content: line {line}\b") as refused:
        read_dotenv(content, "content")
    assert "hunter2" not in str(refused.value)


def test_nobody_else_on_the_host_can_read_the_copies(tmp_path: Path) -> None:
    DotenvFiles(tmp_path).write(BLOG, EnvVersion(3, {"A": "1"}))
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {True: 0o700, False: 0o600}
    assert len(list(tmp_path.rglob("*"))) == 4
