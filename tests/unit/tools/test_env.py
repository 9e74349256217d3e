"""Variables: dotenv rules, versions, and no value where it does not belong. Lessons 3, 4, 29."""

import json

import pytest

from codeb.domain.access import Role
from codeb.errors import InvalidInput
from tests.doors import House
from tests.unit.tools.conftest import Tool

TEXT = """
# comment
export PLAIN=1
QUOTED="two words"
SINGLE='$HOME stays'
URL=postgres://me:hunter2@db/x # trailing
EMPTY=
"""


def test_dotenv_rules_quotes_are_syntax_and_nothing_is_expanded(tool: Tool) -> None:
    record = tool("env_sync", projectName="blog", content=TEXT)
    assert (record["variablesSet"], record["version"], record["changed"]) == (5, 1, True)
    assert tool("env_get", projectName="blog", role=Role.MEMBER)["variables"] == {
        "PLAIN": "1",
        "QUOTED": "two words",
        "SINGLE": "$HOME stays",
        "URL": "postgres://me:hunter2@db/x",
        "EMPTY": "",
    }


def test_a_write_merges_unless_told_to_replace(tool: Tool) -> None:
    tool("env_sync", projectName="blog", content="A=1\nB=2")
    merged = tool("env_sync", projectName="blog", envContent="B=3\nC=4")
    counts = [merged[f"variables{what}"] for what in ("Set", "Updated", "Unchanged", "Removed")]
    assert counts == [1, 1, 1, 0]
    replaced = tool("env_sync", projectName="blog", content="C=4", merge=False)
    assert (replaced["variablesRemoved"], replaced["names"]["removed"]) == (2, ("A", "B"))
    assert tool("env_get", projectName="blog")["variables"] == {"C": "4"}


def test_a_viewer_sees_names_and_not_one_character_of_a_value(tool: Tool) -> None:
    tool(
        "env_sync", projectName="blog", content="API_TOKEN=abcdefgh\nDATABASE_URL=postgres://me:hunter2@db/x\nPIN=1234"
    )
    record = tool("env_get", projectName="blog", role=Role.VIEWER)
    assert record["masked"] is True
    assert set(record["variables"]) == {"API_TOKEN", "DATABASE_URL", "PIN"}
    assert set(record["variables"].values()) == {"********"}
    assert tool("env_get", projectName="blog", role=Role.MEMBER)["masked"] is False


def test_no_answer_of_a_write_holds_a_value(tool: Tool) -> None:
    for dry_run in (True, False):
        assert "hunter2" not in json.dumps(tool("env_sync", projectName="blog", content="A=hunter2", dryRun=dry_run))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("A=1\nhunter2 hunter2", "line 2 is not NAME=value"),
        ("A=1\n\nB='hunter2", "line"),
        ("A-B=hunter2", "line 1: a variable's name"),
        ("A=hunter2\0", "NUL"),
    ],
)
def test_a_line_that_is_no_variable_is_named_by_number_and_never_shown(tool: Tool, content: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        tool("env_sync", projectName="blog", content=content)
    assert "hunter2" not in str(refused.value)
    assert refused.value.field == "content"


def test_without_a_text_there_is_nothing_to_store(tool: Tool) -> None:
    with pytest.raises(InvalidInput, match="content"):
        tool("env_sync", projectName="blog")


def test_environments_are_apart(tool: Tool, house: House) -> None:
    tool("env_sync", projectName="blog", environment="staging", content="A=1")
    assert tool("env_get", projectName="blog")["variables"] == {}
    staging = tool("env_get", projectName="blog", environment="staging")
    assert staging["variables"] == {"A": "1"}
    assert staging["path"] == str(house.root / "env" / "blog" / ".env.staging")
