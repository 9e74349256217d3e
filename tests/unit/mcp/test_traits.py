"""What is said of tools by name holds for the tools that there are."""

from codeb.errors import CodebError
from codeb.mcp.traits import ADDITIVE, DESTRUCTIVE, EACH_TIME_ANEW, NEVER_HERE, OTHERS_TEXT, OTHERS_WORDS, OWN_NAMES
from codeb.tools.confirm import NEEDED
from codeb.tools.registry import TOOLS

CHANGING = {tool.name for tool in TOOLS if tool.changes}


def test_every_tool_that_changes_something_either_destroys_or_adds() -> None:
    assert DESTRUCTIVE | ADDITIVE == CHANGING
    assert not DESTRUCTIVE & ADDITIVE


def test_whatever_destroys_needs_a_word_or_ends_what_the_assistant_began() -> None:
    assert {"deployment_cancel"} == DESTRUCTIVE - NEEDED


def test_names_are_those_of_tools() -> None:
    names = {tool.name for tool in TOOLS}
    assert EACH_TIME_ANEW <= CHANGING
    assert NEVER_HERE | OTHERS_TEXT.keys() <= names
    assert {alias: tool.name for tool in TOOLS for alias in tool.aliases} == OWN_NAMES


def codes(error: type[CodebError]) -> set[str]:
    return {error.code}.union(*(codes(each) for each in error.__subclasses__()))


def test_codes_are_those_of_errors() -> None:
    assert codes(CodebError) >= OTHERS_WORDS
