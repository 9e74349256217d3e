"""However the journal is brought in, the database ends up the same. Design section 2."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codeb.adapters.clock import SystemClock
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.history import PostgresHistory
from codeb.adapters.postgres.projects import ProjectRows
from codeb.domain.deployment import DeploymentStatus
from codeb.domain.events import Event, EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.project import ProjectSettings
from codeb.domain.records import event_record
from codeb.domain.slots import SlotPair
from codeb.errors import Refused
from tests.samples import BLOG, NOW, PAIR, at_generation, deployed, migrated, released, settled, switched, write

pytestmark = pytest.mark.integration

slowly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

numbers = st.integers(0, 2)
generations = st.integers(0, 4)
bringing_in = st.lists(st.integers(0, 1), max_size=3)
"""Which of the two histories project after an event, in this order."""


@dataclass(frozen=True)
class Line:
    kind: EventKind
    data: dict[str, object]
    generation: int


def _deployment(number: int, status: DeploymentStatus) -> Line:
    return Line(EventKind.DEPLOYMENT, deployed(number, status), 0)


def _settling(generation: int, number: int) -> Line:
    return Line(EventKind.SLOTS, settled(at_generation(generation, number)), generation)


def _switch(kind: EventKind, transition: str, generation: int, new: int, previous: int) -> Line:
    return Line(kind, switched(at_generation(generation, new), transition, new, previous), generation)


lines = st.one_of(
    st.builds(
        lambda n, status: Line(EventKind.DEPLOYMENT, deployed(n, status), 0), numbers, st.sampled_from(DeploymentStatus)
    ),
    st.builds(_settling, generations, numbers),
    st.builds(
        _switch,
        st.sampled_from((EventKind.INTENT, EventKind.SWITCHED)),
        st.sampled_from(("promote", "rollback")),
        generations,
        numbers,
        numbers,
    ),
    st.builds(lambda n: Line(EventKind.MIGRATED, migrated(n), 0), numbers),
    st.builds(lambda kind: Line(kind, {}, 0), st.sampled_from((EventKind.DONE, EventKind.UNDONE))),
)


@contextmanager
def fresh(database: Database) -> Iterator[Path]:
    """A project as it was made, and a directory for its journal."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM projects")
    ProjectRows(database, "codeb.test").create(
        "blog", team_id="team-a", type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
    )
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


def contents(database: Database) -> dict[str, object]:
    """All that a history keeps, without the moments at which it was written."""
    tables = {
        "project_slots": "to_jsonb(t) - 'updated_at'",
        "deployments": "to_jsonb(t)",
        "journal_positions": "to_jsonb(t)",
        "conflicts": "to_jsonb(t) - 'id' - 'found_at'",
    }
    found: dict[str, object] = {}
    with database.transaction() as connection:
        for table, columns in tables.items():
            query = f"SELECT {columns} AS it FROM {table} t ORDER BY 1"
            found[table] = [row["it"] for row in connection.execute(query)]
    return found


def two(database: Database, directory: Path) -> tuple[PostgresHistory, PostgresHistory]:
    """As two processes have them."""
    first, second = (PostgresHistory(database, FileJournal(directory, SystemClock())) for _ in range(2))
    return first, second


def brought_in_at_once(database: Database, journal: bytes) -> dict[str, object]:
    with fresh(database) as directory:
        (directory / "blog-production.jsonl").write_bytes(journal)
        assert PostgresHistory(database, FileJournal(directory, SystemClock())).project(BLOG)
        return contents(database)


@slowly
@given(st.lists(st.tuples(lines, bringing_in), min_size=1, max_size=25))
@example([(_settling(3, 1), [0]), (_settling(3, 2), [1]), (_settling(2, 0), [0])])
@example(
    [
        (_switch(EventKind.SWITCHED, "promote", 1, 1, 0), [0]),
        (Line(EventKind.DEPLOYMENT, deployed(1), 0), [1, 0]),
    ]
)
def test_any_events_split_in_any_way_between_two_processes_end_the_same(
    database: Database, steps: list[tuple[Line, list[int]]]
) -> None:
    with fresh(database) as directory:
        histories = two(database, directory)
        for line, order in steps:
            write(histories[0].journal, line.kind, line.data, generation=line.generation)
            for index in order:
                assert histories[index].project(BLOG)
        for history in histories:
            assert history.project(BLOG)
        split = contents(database)
        journal = (directory / "blog-production.jsonl").read_bytes()
    assert split == brought_in_at_once(database, journal)


@dataclass
class Twin:
    """A journal that also keeps every line for itself, whatever is shortened."""

    journal: FileJournal
    all: bytes = b""

    def append(self, environment: Environment, kind: EventKind, **rest: Any) -> Event:
        event = self.journal.append(environment, kind, **rest)
        self.all += json.dumps(event_record(event)).encode() + b"\n"
        return event

    def events(self, environment: Environment) -> tuple[Event, ...]:
        return tuple(self.journal.events(environment))

    def environments(self) -> tuple[Environment, ...]:
        return tuple(self.journal.environments())

    def remove(self, environment: Environment) -> None:
        self.journal.remove(environment)


def _fail(journal: Twin, number: int, before: SlotPair) -> SlotPair:
    for status in (DeploymentStatus.PENDING, DeploymentStatus.RUNNING, DeploymentStatus.FAILED):
        write(journal, EventKind.DEPLOYMENT, deployed(number, status), generation=before.generation)
    return before


def _roll_back(journal: Twin, number: int, before: SlotPair) -> SlotPair:
    after = before.rolled_back(NOW, "me", force=True)
    facts = switched(after, "rollback", number - 2, number - 1)
    for kind in (EventKind.INTENT, EventKind.SWITCHED):
        write(journal, kind, facts, generation=after.generation)
    write(journal, EventKind.DONE, generation=after.generation)
    return after


def _maintain(journal: Twin, number: int, before: SlotPair) -> SlotPair:
    after = before.maintained(on=not before.maintenance)
    write(journal, EventKind.SLOTS, settled(after), generation=after.generation)
    return after


def _refused_switch(journal: Twin, number: int, before: SlotPair) -> SlotPair:
    write(journal, EventKind.INTENT, settled(before), generation=before.generation + 1)
    write(journal, EventKind.UNDONE, generation=before.generation)
    return before


CHANGES: Mapping[str, Callable[[Twin, int, SlotPair], SlotPair]] = {
    "release": released,
    "fail": _fail,
    "roll back": _roll_back,
    "maintain": _maintain,
    "refuse": _refused_switch,
}


@slowly
@given(st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), bringing_in), min_size=1, max_size=25))
@example([("release", [0])] * 12)
def test_a_journal_shortened_on_the_way_leaves_the_same_history(
    database: Database, steps: list[tuple[str, list[int]]]
) -> None:
    with fresh(database) as directory, _short_is_long():
        histories, pair = two(database, directory), PAIR
        twin = Twin(histories[0].journal)
        for number, (change, order) in enumerate(steps):
            try:
                pair = CHANGES[change](twin, number, pair)
            except Refused:
                continue
            for index in order:
                assert histories[index].project(BLOG)
        for history in histories:
            assert history.project(BLOG)
        if twin.all:
            newest = histories[0].journal.latest_slots(BLOG)
            assert newest is None or newest["generation"] == pair.generation
        shortened = contents(database)
    if twin.all:
        assert shortened == brought_in_at_once(database, twin.all)


@contextmanager
def _short_is_long() -> Iterator[None]:
    with (
        patch("codeb.adapters.journal.files.LONG", 10),
        patch("codeb.adapters.journal.files.WORTHWHILE", 1),
        patch("codeb.adapters.postgres.history.LONG", 10),
        patch("codeb.adapters.journal.shortening.KEPT_DEPLOYMENTS", 2),
    ):
        yield
