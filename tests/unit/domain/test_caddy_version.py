"""Which Caddy is new enough."""

import pytest

from codeb.domain.caddy_version import numbers, too_old


@pytest.mark.parametrize(
    ("said", "expected"),
    [("v2.11.4 h1:abc=", (2, 11, 4)), ("2.6.2", (2, 6, 2)), ("v2.9.0-beta.1 h1:x", (2, 9, 0)), ("", ()), ("?", ())],
)
def test_a_version_is_read_as_numbers(said: str, expected: tuple[int, ...]) -> None:
    assert numbers(said) == expected


def test_a_caddy_that_is_too_old_is_refused_in_a_sentence() -> None:
    said = too_old((2, 6, 2))
    assert said is not None
    assert "Caddy is 2.6.2; CodeB needs 2.9 or newer" in said
    assert "components.caddy.source" in said
    assert too_old(()) is not None
    assert too_old((2, 9)) is None
