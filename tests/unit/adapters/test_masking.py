"""A container's last lines hold none of its own secrets, and say all the rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeb.adapters.docker.masking import masked

KEY = "-----BEGIN KEY-----\nQUJDREVGRw==\nSElKS0xNTg==\n-----END KEY-----\n"


@pytest.mark.parametrize(
    ("value", "logs"),
    [
        ("hunter2", "password hunter2 refused"),
        ("hunter2", "hunter2hunter2"),
        ("  padded secret  ", "[padded secret]"),
        ('quo"ted\\secret', json.dumps({"it": 'quo"ted\\secret'})),
        ("p@ss word", "https://u:p%40ss%20word@host/"),
        ("postgres://blog:s3cr3t@db/blog", "login of blog with s3cr3t failed"),
        ("postgres://blog:p%40ss-w@db/blog", "login of blog with p@ss-w failed"),
        (KEY, f"read {json.dumps(KEY)}"),
        (KEY, "\r\n".join(KEY.splitlines())),
    ],
)
def test_no_form_of_a_value_is_left(value: str, logs: str) -> None:
    seen = masked(logs, {"SECRET": value})
    assert "***" in seen
    for part in ("hunter2", "padded secret", "ted\\secret", "p@ss", "p%40ss", "s3cr3t", "QUJDREVGRw", "SElKS0xNTg"):
        assert part not in seen


def test_values_that_overlap_leave_no_rest_of_each_other() -> None:
    assert masked("<abcdefgh>", {"A": "abcdef", "B": "cdefgh"}) == "<***>"


@pytest.mark.parametrize(
    ("name", "value"),
    [("DEBUG", "1"), ("A", ""), ("MODE", "production"), ("FLAG", "True"), ("PORT", "3000"), ("DB_PORT", "5432")],
)
def test_what_is_trivial_is_not_masked(name: str, value: str) -> None:
    logs = "production server 1 of 3000 on 5432: True"
    assert masked(logs, {name: value}) == logs


def test_digits_that_are_no_port_are_masked() -> None:
    assert masked("pin 482913, code 4829", {"PIN": "482913", "CODE": "4829"}) == "pin ***, code ***"


def test_the_last_fifty_lines_are_kept_and_none_is_endless() -> None:
    lines = masked("\n".join([*map(str, range(100)), "x" * 10_000]), {}).splitlines()
    assert (len(lines), lines[0], len(lines[-1])) == (50, "51", 2000)


def test_a_secret_across_the_cut_is_masked_before_it() -> None:
    lines = [f"secret-line-{number}" for number in range(60)]
    assert set(masked("\n".join(lines), {"A": "\n".join(lines)}).splitlines()) == {"***"}


def test_control_characters_are_neutralised() -> None:
    assert masked("a\x1b[31mred\x07\tend\x00", {}) == "a?[31mred?\tend?"


@given(st.lists(st.text(alphabet="abcd", min_size=4, max_size=8), max_size=5), st.text(alphabet="abcd ", max_size=60))
def test_no_value_is_ever_left(values: list[str], logs: str) -> None:
    seen = masked(logs, {str(number): value for number, value in enumerate(values)})
    assert not [value for value in values if value in seen]


def test_a_line_without_an_end_costs_no_more_than_its_end() -> None:
    seen = masked("a" * 3_000_000, {"A": "aaaa", "B": "aaaaa", "C": "aaaaaa"})
    assert seen == "***"


def test_a_secret_that_was_cut_at_the_beginning_leaves_no_rest() -> None:
    secret = "s3cr3t-" * 20
    text = "x" + secret + "y" * (256 * 1024 - 50)
    assert "s3cr3t" not in masked(text, {"SECRET": secret})
