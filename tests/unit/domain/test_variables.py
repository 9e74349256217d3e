"""What a variable may be, and what differs between two sets. Spec section 6."""

import pytest

from codeb.domain.variables import MOST, MOST_BYTES, MOST_ONE, Changes, is_name, require_variables
from codeb.errors import InvalidInput


@pytest.mark.parametrize("name", ["A", "_", "a1", "SPRING_DATASOURCE.URL", "A" * 256])
def test_names_that_a_process_can_be_given(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=B", "A\n", "Ä", ".A", "A" * 257])
def test_other_names_are_refused(name: str) -> None:
    assert not is_name(name)
    with pytest.raises(InvalidInput, match="name number 2"):
        require_variables("variables", {"OK": "", name: "hunter2"})


def test_the_largest_that_fit_fit() -> None:
    require_variables("variables", {f"A{number}": "" for number in range(MOST)})
    require_variables("variables", {"A": "x" * (MOST_ONE - 3)})


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({f"A{number}": "" for number in range(MOST + 1)}, "1001 variables are more than the 1000"),
        ({"A": "x" * (MOST_ONE - 2)}, "A is longer than the 128 KiB"),
        ({"A": "ä" * (MOST_ONE // 2)}, "A is longer"),
        ({f"A{number}": "x" * 100_000 for number in range(MOST_BYTES // 100_000)}, "more than 1000 kB together"),
        ({"A": "hunter2\0"}, "A holds a NUL"),
        ({"A": "hunter2\ud800"}, "A holds half of a surrogate pair"),
    ],
)
def test_what_does_not_fit_is_said_without_a_value(variables: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        require_variables("content", variables)
    assert refused.value.field == "content"
    assert "hunter2" not in str(refused.value)


def test_what_differs_is_told_by_name_and_sorted() -> None:
    changes = Changes.between({"Z": "1", "B": "1", "A": "1"}, {"B": "2", "A": "1", "D": "", "C": ""})
    assert changes == Changes(added=("C", "D"), changed=("B",), removed=("Z",), same=("A",))
    assert changes
    assert not Changes.between({"A": "1"}, {"A": "1"})
