"""Input that is checked once where it comes again and again. Spec section 6."""

from typing import Any

import pytest

from codeb.errors import InvalidInput
from codeb.tools.params import EnvironmentParams, parse, parse_again


@pytest.mark.parametrize(
    "given",
    [
        {"projectName": "Blog"},
        {"projectName": "blog", "environment": "staging", "useGhcr": "yes"},
        {"projectName": "blog", "environment": None},
        {"projectName": "blog", "ignored": {"deep": [1]}},
        {"projectName": "blog", "ignored": "x" * 100_000},
    ],
)
def test_what_was_checked_before_is_the_same_again(given: dict[str, Any]) -> None:
    expected = parse(EnvironmentParams, given)
    assert parse_again(EnvironmentParams, given) == parse_again(EnvironmentParams, given) == expected


def test_who_changes_the_list_of_ignored_fields_changes_it_for_nobody_else() -> None:
    given = {"projectName": "blog", "useGhcr": "yes"}
    parse_again(EnvironmentParams, given)[1].clear()
    assert parse_again(EnvironmentParams, given)[1] == ["useGhcr"]


@pytest.mark.parametrize("given", [{"projectName": "../etc"}, {"projectName": "blog", "a": "\0"}, {}])
def test_what_is_wrong_is_wrong_each_time(given: dict[str, Any]) -> None:
    for _ in range(2):
        with pytest.raises(InvalidInput):
            parse_again(EnvironmentParams, given)
