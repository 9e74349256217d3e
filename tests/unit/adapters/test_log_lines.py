"""Lines of a container's log, out of the pieces that the engine sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeb.adapters.docker.log_lines import Lines, guessed_level
from codeb.adapters.docker.masking import line_mask

FIRST, SECOND = b"2026-01-01T00:00:00.000000001Z ", b"2026-01-01T00:00:00.000000002Z "


def texts(*pieces: bytes, **secrets: str) -> list[str]:
    lines = Lines(line_mask(secrets))
    return [line.text for piece in pieces for line in lines.feed(piece)] + [line.text for line in lines.end()]


def test_a_line_has_the_time_of_its_first_piece() -> None:
    lines = Lines(line_mask({}))
    assert list(lines.feed(FIRST + b"half")) == []
    (line,) = lines.feed(SECOND + b" and half\n")
    assert (line.at, line.text) == (FIRST.decode().strip(), "half and half")
    (line,) = lines.feed(SECOND + b"next\n")
    assert line.at == SECOND.decode().strip()


@given(st.lists(st.text(alphabet="ab2026-T:é ", max_size=20), max_size=5), st.integers(1, 9))
def test_however_it_is_cut_the_lines_are_the_same(lines: list[str], size: int) -> None:
    whole = "".join(f"{line}\n" for line in lines).encode()
    pieces = [FIRST + whole[start : start + size] for start in range(0, len(whole), size)]
    assert texts(*pieces) == lines


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert texts(FIRST + b"caf\xc3", SECOND + b"\xa9 \xff\r\n") == ["café �"]


def test_what_has_no_end_of_line_is_told_at_the_end() -> None:
    assert texts(FIRST + b"panic") == ["panic"]


def test_a_line_is_cut_and_costs_no_more_than_that() -> None:
    (text, after) = texts(*[FIRST + b"x" * 16_000] * 100, FIRST + b"\n", FIRST + b"after\n")
    assert (len(text), after) == (2000, "after")


def test_a_secret_that_comes_in_two_pieces_is_masked() -> None:
    assert texts(FIRST + b"a hun", SECOND + b"ter2 b\n", PASSWORD="hunter2") == ["a *** b"]


def test_a_secret_across_the_cut_is_masked_before_it() -> None:
    (text,) = texts(FIRST + b"x" * 1996 + b"hunter2\n", PASSWORD="hunter2")
    assert text.endswith("x***")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x1b[1;31mred\x1b[0m", "red"),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;http://x\x1b\\link", "link"),
        (b"a\x1b(Bb\x00\x9b", "ab??"),
        (b"over\rwritten", "over?written"),
        (b"hun\x1b[0mter2", "***"),
        (b"tab\tis kept", "tab\tis kept"),
    ],
)
def test_nothing_acts_on_a_terminal_or_hides_a_secret(raw: bytes, shown: str) -> None:
    assert texts(FIRST + raw.replace(b"\x9b", "\x9b".encode()) + b"\n", PASSWORD="hunter2") == [shown]


def test_a_secret_with_an_escape_in_it_is_masked_too() -> None:
    assert texts(FIRST + b"is a\x1b[1mbc\n", PASSWORD="a\x1b[1mbc") == ["is ***"]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("listening on 3000", "info"),
        ("[ERROR] no database", "error"),
        ("WARNING: old", "warn"),
        ("debug: x", "debug"),
        ("0 errors", "info"),
        ('{"level": "error", "msg": "debug"}', "error"),
        ('{"level": 50, "msg": "x"}', "error"),
        ('{"severity": "WARNING"}', "warn"),
        ('{"msg": "error"}', "info"),
        ("{error", "error"),
        ("x" * 200 + " error", "info"),
    ],
)
def test_the_level_is_the_programs_own_word(text: str, level: str) -> None:
    assert guessed_level(text) == level
