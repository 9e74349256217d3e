"""Tokens of a Caddyfile. Lesson 13."""

import pytest

from codeb.domain.caddyfile import token
from codeb.errors import InvalidInput


@pytest.mark.parametrize(
    ("value", "written"),
    [("a b", '"a b"'), ('a"b', '`a"b`'), ("a\\", "`a\\`"), ("{x}", '"{x}"'), ("a`b", '"a`b"'), (4100, '"4100"')],
)
def test_a_token_stays_one_token(value: object, written: str) -> None:
    assert token(value) == written


@pytest.mark.parametrize("value", ["a\nb {", "a\rb", "a\0", '"`', "\\`"])
def test_what_would_end_a_token_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput):
        token(value)
