"""Variables: dotenv rules, versions, and no value where it does not belong. Lessons 3, 4, 29."""

import json
from typing import Any

import pytest

from codeb.domain.access import AuthContext, KeyKind, Role
from codeb.domain.project import UnknownProject
from codeb.errors import InvalidInput
from codeb.tools import registry
from codeb.tools.call import Call
from tests.doors import House
from tests.unit.services.conftest import BLOG, ME
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


def test_variables_may_come_as_they_are_instead_of_as_a_text(tool: Tool) -> None:
    variables = {"A": "'quotes' stay # here", "B": "two\r\nlines\\", "C": ""}
    assert tool("env_sync", projectName="blog", variables=variables)["variablesSet"] == 3
    assert tool("env_get", projectName="blog")["variables"] == variables
    same = tool("env_sync", projectName="blog", content="A=1", envContent="A='1'", variables={"A": "1"})
    assert same["variablesUpdated"] == 1


def test_a_write_can_take_names_away_alone_or_beside_others(tool: Tool) -> None:
    tool("env_sync", projectName="blog", content="A=1\nB=2\nC=3")
    assert tool("env_sync", projectName="blog", remove=["A", "X"])["names"]["removed"] == ("A",)
    assert tool("env_sync", projectName="blog", remove=["A"])["changed"] is False
    both = tool("env_sync", projectName="blog", content="D=4", remove=["B"], dryRun=True)
    assert both["plan"] == ["store version 3: 1 new, 0 changed, 1 removed; the next deploy runs with them"]
    tool("env_sync", projectName="blog", content="D=4", remove=["B"])
    assert tool("env_get", projectName="blog")["variables"] == {"C": "3", "D": "4"}


def test_a_name_that_stands_twice_is_told(tool: Tool) -> None:
    record = tool("env_sync", projectName="blog", content="A=1\nA=2\nB=1")
    assert record["duplicates"] == ("A",)
    assert tool("env_get", projectName="blog")["variables"] == {"A": "2", "B": "1"}


def test_the_same_write_again_changes_nothing(tool: Tool, house: House) -> None:
    tool("env_sync", projectName="blog", content="A=1")
    for again in ({"content": "A=1"}, {"variables": {"A": "1"}}, {"content": "A=1", "merge": False}):
        record = tool("env_sync", projectName="blog", **again)
        assert (record["changed"], record["version"]) == (False, 1)
    assert len(house.world.envs.versions[BLOG]) == 1


@pytest.mark.parametrize(
    ("params", "field", "says"),
    [
        ({"variables": {"A-B": "hunter2"}}, "variables", "name number 1"),
        ({"variables": {"A": 1}}, "variables.A", "valid string"),
        ({"variables": {"A": "hunter2\0"}}, "variables", "NUL"),
        ({"variables": {"A": "hunter2" * 20_000}}, "variables", "128 KiB"),
        ({"variables": {f"A{number}": "" for number in range(1001)}}, "variables", "1000"),
        ({"content": "\n".join(f"A{number}=" for number in range(1001))}, "content", "1001 variables"),
        ({"content": "A=" + "x" * 1_000_000}, "content", "1000000 characters"),
        ({"content": "A=hunter2", "variables": {"A": "hunter3"}}, "variables", "different things"),
        ({"content": "A=1", "remove": ["A"]}, "remove", "A is to be stored and to be taken away"),
        ({"content": "A=1", "remove": ["B"], "merge": False}, "remove", "merge is false"),
        ({"remove": ["A" * 257]}, "remove.0", "256 characters"),
        ({}, "content", "nothing to store"),
        ({"remove": []}, "content", "nothing to store"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_its_field_and_without_its_value(
    tool: Tool, house: House, params: dict[str, Any], field: str, says: str
) -> None:
    for dry_run in (True, False):
        with pytest.raises(InvalidInput, match=says) as refused:
            tool("env_sync", projectName="blog", **params, dryRun=dry_run)
        assert refused.value.field == field
        assert "hunter" not in json.dumps([str(refused.value), refused.value.facts()])
    assert house.world.envs.versions == {}


def test_a_coding_assistant_sees_names_only_whatever_its_role(tool: Tool, house: House) -> None:
    tool("env_sync", projectName="blog", content="A=hunter2")
    handle, _ = registry.find("env_get").prepare({"projectName": "blog"})
    assistant = AuthContext("key_2", "team-a", Role.OWNER, kind=KeyKind.ASSISTANT)
    record = handle(Call(house.services, assistant, ME))
    assert record["masked"] is True
    assert "hunter2" not in json.dumps(record)


def test_another_teams_variables_do_not_exist(tool: Tool, house: House) -> None:
    stranger = AuthContext("key_2", "team-b", Role.OWNER)
    calls: dict[str, dict[str, object]] = {
        "env_sync": {"content": "A=1"},
        "env_get": {},
        "env_history": {},
        "env_diff": {},
        "env_scan": {"localEnvContent": "A=1"},
        "env_restore": {"version": 1},
    }
    for name, params in calls.items():
        handle, _ = registry.find(name).prepare({"projectName": "blog", **params})
        with pytest.raises(UnknownProject):
            handle(Call(house.services, stranger, ME))


def test_environments_are_apart(tool: Tool, house: House) -> None:
    tool("env_sync", projectName="blog", environment="staging", content="A=1")
    assert tool("env_get", projectName="blog")["variables"] == {}
    staging = tool("env_get", projectName="blog", environment="staging")
    assert staging["variables"] == {"A": "1"}
    assert staging["path"] == str(house.root / "env" / "blog" / ".env.staging")
