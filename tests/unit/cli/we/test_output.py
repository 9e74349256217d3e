"""What reads at a glance: times, ages, versions, states; and nothing that acts on a terminal."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeb.cli.plain import plain, printable
from codeb.cli.we import output

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(None, "-"), (0, "0 ms"), (85.4, "85 ms"), (999, "999 ms"), (4200, "4.2 s"), (185_000, "3 min 5 s")],
)
def test_a_duration(milliseconds: float | None, text: str) -> None:
    assert output.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 s"), (40, "40 s"), (720, "12 min"), (7200, "2 h"), (172_740, "47 h 59 min"), (12 * 86_400, "12 d")],
)
def test_a_span(seconds: float, text: str) -> None:
    assert output.span(seconds) == text


def test_an_age() -> None:
    moment = (NOW - timedelta(hours=3)).isoformat().replace("+00:00", "Z")
    assert output.age(moment, NOW) == "3 h ago"
    assert output.age(None) == "-"


@pytest.mark.parametrize(("tag", "text"), [("v1", "v1"), (None, "-"), ("a1" * 20, "a1" * 6), ("g" * 40, "g" * 40)])
def test_a_version(tag: str | None, text: str) -> None:
    assert output.version(tag) == text


@given(st.text())
def test_nothing_printable_acts_on_a_terminal(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert all(char.isprintable() or char in "\n\t" for char in shown)
    assert printable(shown) == shown


def test_a_record_is_made_plain_to_its_last_name() -> None:
    assert plain({"a\x1b": ["\x07", {"b": 1, "c": None}]}) == {"a?": ["?", {"b": 1, "c": None}]}


def test_a_file_gets_whole_lines_without_colours_and_no_markup_is_read() -> None:
    file = io.StringIO()
    table = output.table("NAME", "STATE")
    table.add_row("x" * 150, output.state("failed"))
    console = output.console(file)
    console.print(table)
    console.print("[bold]not markup[/bold] :smile:")
    lines = file.getvalue().splitlines()
    assert lines[1].split() == ["x" * 150, "failed"]
    assert lines[2] == "[bold]not markup[/bold] :smile:"
    assert "\x1b" not in file.getvalue()
