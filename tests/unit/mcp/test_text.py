"""Hidden characters, and the fence around others' text. Security 4."""

import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from codeb.mcp.text import Marking, cleaned, visible

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [each for pair in value.items() for part in pair for each in texts(part)]
    return [each for part in value for each in texts(part)] if isinstance(value, list) else []


@given(st.text())
def test_nothing_hidden_is_left_and_what_was_seen_stays(text: str) -> None:
    shown = visible(text)
    assert not [each for each in shown if unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\t"]
    assert visible(shown) == shown
    if text.isascii() and text.isprintable():
        assert shown == text


@given(TREES)
def test_every_text_of_an_answer_is_cleaned(value: Any) -> None:
    for text in texts(cleaned(value)):
        assert visible(text) == text


@given(TREES)
def test_marking_nothing_is_cleaning(value: Any) -> None:
    assert Marking().marked(value, ()) == cleaned(value)


@given(st.text(min_size=1))
def test_a_text_under_a_name_is_fenced_however_deep_it_is(text: str) -> None:
    marking = Marking()
    record = {"title": text, "number": 1, "deep": [{"title": {"parts": [text]}, "state": "open"}]}
    shown = marking.marked(record, {"title"})
    fenced = marking.fenced(text)
    assert shown == {"title": fenced, "number": 1, "deep": [{"title": {"parts": [fenced]}, "state": "open"}]}
    assert fenced.endswith(f"</untrusted-{marking.number}>")


def test_no_fence_has_the_number_of_another() -> None:
    assert len({Marking().number for _ in range(100)}) == 100
