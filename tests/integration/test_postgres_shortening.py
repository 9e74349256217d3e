"""A long journal and the database: what is shortened is in it, and nothing is lost. Design section 2."""

import pytest

from codeb.adapters.journal.files import FileJournal
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.history import PostgresHistory
from codeb.adapters.postgres.projects import ProjectRows
from codeb.domain.events import EventKind
from codeb.domain.names import EnvironmentName
from codeb.domain.project import ProjectSettings
from tests.samples import (
    BLOG,
    PAIR,
    dep,
    released,
    write,
)

pytestmark = pytest.mark.integration


def test_a_long_journal_is_shortened_once_the_database_has_it_and_nothing_is_lost(
    history: PostgresHistory, away: Database, journal: FileJournal
) -> None:
    pair = PAIR
    for number in range(60):
        pair = released(journal, number, pair)
    degraded = PostgresHistory(away, journal)
    assert not degraded.project(BLOG)
    assert len(journal.events(BLOG)) == 480
    assert history.project(BLOG)
    assert len(journal.events(BLOG)) < 200
    stored = history.deployments("blog", None, 100)
    assert [each.id for each in stored] == [dep(number) for number in reversed(range(60))]
    assert degraded.deployments("blog", None, 50) == stored[:50]
    for _ in range(2):
        assert history.project(BLOG)
    pair = released(journal, 60, pair)
    assert history.project(BLOG)
    assert history.deployments("blog", None, 100)[1:] == stored
    assert history.restore(BLOG) == pair
    assert history.conflicts() == []


def test_a_shortened_journal_fills_an_empty_database(
    history: PostgresHistory, database: Database, journal: FileJournal
) -> None:
    pair = PAIR
    for number in range(60):
        pair = released(journal, number, pair)
    assert history.project(BLOG)
    stored = history.deployments("blog", None, 100)
    with database.transaction() as connection:
        connection.execute("DELETE FROM projects WHERE name = 'blog'")
    ProjectRows(database, "codeb.test").create(
        "blog", team_id="team-a", type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
    )
    assert history.project(BLOG)
    assert history.deployments("blog", None, 100) == stored[:50]
    assert history.restore(BLOG) == pair


def test_a_journal_that_cannot_be_shortened_is_in_the_database_all_the_same(
    history: PostgresHistory, journal: FileJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(450):
        write(journal, EventKind.DONE)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("codeb.adapters.journal.files.write_atomically", full)
    assert history.project(BLOG)
    assert len(journal.events(BLOG)) == 450
