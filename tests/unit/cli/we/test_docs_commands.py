"""docs/we-commands.md against the command: each has its row, with its options and no others."""

import re
from pathlib import Path

import click
import pytest

from codeb.cli.we.main import main
from tests.unit.cli.we.test_every_tool import LEAVES

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "we-commands.md").read_text()
ROWS = re.findall(r"^\| `we ([^`]+)` \| (.*) \|$", TEXT, re.MULTILINE)
EVERYWHERE = {"--json", "--environment", "--dry-run", "--confirmation"}
ELSEWHERE = {"deploy", "promote", "rollback", "status", "logs", "open", "health", "login", "logout", "whoami"}
"""In docs/we.md."""
HERE = [path for path in LEAVES if path[0] not in ELSEWHERE | {"completion", "version"}]


def found(path: tuple[str, ...]) -> click.Command:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        inner = command.get_command(click.Context(command), name)
        assert inner is not None
        command = inner
    return command


@pytest.mark.parametrize("path", HERE, ids=" ".join)
def test_a_command_has_one_row_with_its_options(path: tuple[str, ...]) -> None:
    (said,) = [text for words, text in ROWS if words.split()[: len(path)] == list(path)]
    options = [each for each in found(path).params if isinstance(each, click.Option)]
    there = {word for each in options for word in (*each.opts, *each.secondary_opts) if word.startswith("--")}
    documented = set(re.findall(r"`(--[a-z-]+)", said))
    assert documented <= there
    undocumented = there - documented - EVERYWHERE
    assert not [word for word in undocumented if not word.startswith("--no-")]


def test_every_row_is_a_command() -> None:
    paths = [list(path) for path in HERE]
    assert not [words for words, _ in ROWS if not any(words.split()[: len(path)] == path for path in paths)]
