"""What a rotation makes of the store's values, and what the operator does after it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from codeb.domain.secret_table import ALL, PREVIOUS, TABLE, Making, Row
from codeb.errors import InvalidInput, Refused

Values = dict[str, str]
Rows = Mapping[str, Row]


class UnknownSecret(InvalidInput):
    code = "unknown_secret"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.closest = get_close_matches(name, [*known, *(row.name for row in TABLE)], n=3)
        hint = f"; did you mean {' or '.join(dict.fromkeys(self.closest))}?" if self.closest else ""
        super().__init__("name", f"{name} is no secret of the platform{hint}")


class NotOurs(Refused):
    """A secret that somebody else makes."""

    code = "not_ours"


def rotated(values: Mapping[str, str], rows: Rows, make: Callable[[], str]) -> Values:
    """The values with each of these secrets new. What is not there yet stays away: the next run makes it."""
    after = dict(values)
    for name, row in rows.items():
        entries = row.entries(name)
        if not any(entry in values for entry in entries):
            continue
        if row.keeps:
            previous = f"{name}{PREVIOUS}"
            after[previous] = ",".join(filter(None, (values[name], values.get(previous))))
        for entry in [each for each in after if each in entries or any(fnmatchcase(each, gone) for gone in row.along)]:
            del after[entry]
        if row.making is Making.STORE:
            after[name] = make()
    return after


def forgotten(values: Mapping[str, str], names: Sequence[str]) -> Values:
    """The values without what these secrets were before."""
    gone = {f"{name}{PREVIOUS}" for name in names}
    return {name: value for name, value in values.items() if name not in gone}


def steps(rows: Rows) -> Iterator[str]:
    """What to do next, in this order."""
    yield from _runs(rows.values())
    yield from dict.fromkeys(step for row in rows.values() for step in row.then)
    kept = {name: row for name, row in rows.items() if row.keeps}
    plain, encrypting = ([name for name, row in kept.items() if row.encrypts is which] for which in (False, True))
    named = [*(["--all"] if len(plain) > 1 else plain), *encrypting]
    if named:
        commands = " and ".join(f"`codeb secrets forget {each}`" for each in named)
        yield f"When all of this is done, end the old ones: {commands}."
        yield from _runs(kept.values())


def after_forgetting(rows: Rows) -> Iterator[str]:
    yield from _runs(rows.values())


def _runs(rows: Iterable[Row]) -> Iterator[str]:
    wanted = {role for row in rows for role in row.runs}
    if len(wanted) == len(ALL):
        yield "Run `pyinfra inventory.py deploys/bootstrap.py`: storage first, then streaming, app and backup."
        return
    for role in ALL:
        if role in wanted:
            yield f"Run `pyinfra inventory.py deploys/{role}.py`."
