"""docs/we.md against the command itself: what is documented is there, and what is there is documented."""

import re
from pathlib import Path

import click
import pytest

from codeb.cli.exits import INTERRUPTED, LOCKED, OK, REFUSED, UNAVAILABLE, USAGE
from codeb.cli.we.main import COMMANDS, main
from codeb.client.config import ClientConfig

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "we.md").read_text()
ROWS = dict(re.findall(r"^\| `we ([a-z]+)[^`]*` \| (.*) \|$", TEXT, re.MULTILINE))
EVERYWHERE = {"--help", "--json", "--environment"}


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None, name
    return found


def options(name: str) -> set[str]:
    return {word for each in command(name).params for word in each.opts if word.startswith("--")}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`we ([a-z]+)", TEXT))))
def test_what_is_documented_is_there(name: str) -> None:
    assert isinstance(command(name), click.Command)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_what_is_there_is_documented(name: str) -> None:
    assert name in ROWS


@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_options_of_a_row_are_those_of_the_command(name: str) -> None:
    documented = set(re.findall(r"`(--[a-z-]+)", ROWS[name]))
    assert documented <= options(name)
    if not isinstance(command(name), click.Group):
        assert options(name) - EVERYWHERE == documented


def test_every_exit_code_is_documented() -> None:
    rows = [int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)]
    assert rows == [OK, REFUSED, USAGE, LOCKED, UNAVAILABLE, INTERRUPTED]


def test_every_setting_is_documented(tmp_path: Path) -> None:
    names = {"CODEB_API_URL": "u", "CODEB_API_KEY": "k", "CODEB_CA": "c", "CODEB_ALLOW_HTTP": "1"}
    assert ClientConfig.load(names, tmp_path) != ClientConfig()
    assert not [name for name in names if f"`{name}" not in TEXT]
