"""What `codeb backups rewind` has the storage host do, and what it refuses before it asks."""

import pytest

from codeb.cli.host.rewind import wanted
from codeb.errors import InvalidInput

TO = "2026-11-30T14:00:00+02:00"


def test_a_time_is_one_moment_whatever_its_zone() -> None:
    assert wanted(TO, "", yes=False, close=False) == ["to 1796040000.000000"]
    assert wanted("2026-11-30 12:00:00.5Z", "", yes=False, close=False) == ["to 1796040000.500000"]


def test_a_database_is_dumped_and_takes_todays_place_only_when_that_is_said() -> None:
    assert wanted(TO, "blog", yes=False, close=False)[1:] == ["dump blog"]
    assert wanted("", "blog", yes=True, close=False) == ["replace blog"]


def test_a_name_is_one_word_of_the_command() -> None:
    assert wanted("", "a; reboot", yes=False, close=False) == ["dump 'a; reboot'"]


@pytest.mark.parametrize(
    ("to", "database", "yes", "close"),
    [
        ("", "", False, False),
        ("yesterday", "", False, False),
        ("2026-11-30T14:00:00", "", False, False),  # of no zone
        (TO, "", True, False),
        (TO, "", False, True),
        ("", "blog", False, True),
    ],
)
def test_what_is_not_clear_is_refused(to: str, database: str, yes: bool, close: bool) -> None:
    with pytest.raises(InvalidInput):
        wanted(to, database, yes=yes, close=close)
