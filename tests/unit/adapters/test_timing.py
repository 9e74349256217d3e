"""How statements are named, and that each is told."""

import pytest
from psycopg.sql import SQL, Identifier

from codeb.adapters.postgres.timing import Timing, operation


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("SELECT 1", "select"),
        ("\n  insert into projects VALUES (1)", "insert"),
        (SQL("UPDATE {} SET a = 1").format(Identifier("projects")), "update"),
        (SQL("DELETE FROM projects"), "delete"),
        ("SET LOCAL lock_timeout = 0", "other"),
        ("DROP-EVERYTHING", "other"),
        ("", "other"),
    ],
)
def test_a_statement_is_named_by_one_of_a_few_words(query: object, word: str) -> None:
    assert operation(query) == word


def test_a_statement_that_fails_is_told_too() -> None:
    told: list[str] = []
    timing = Timing(lambda word, seconds: told.append(word) if seconds >= 0 else None)
    with pytest.raises(KeyError), timing.of("SELECT 1"):
        raise KeyError
    with timing.of(""):
        pass
    assert told == ["select"]
