"""A repository belongs to one team, also when two ask at once. Security 6."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.postgres.repositories import RepositoryRows
from codeb.domain.git import RepositoryTaken
from codeb.domain.project import UnknownProject
from codeb.errors import Unavailable
from tests.integration.test_tasks import project

pytestmark = pytest.mark.integration


@pytest.fixture
def rows(database: Database) -> RepositoryRows:
    for number in range(10):
        project(database, f"app{number}", f"team-{number % 5}")
    return RepositoryRows(database)


def test_of_five_teams_that_want_one_repository_at_once_one_gets_it(rows: RepositoryRows) -> None:
    start = threading.Barrier(10)

    def one(number: int) -> int | None:
        start.wait()
        try:
            rows.bind(f"app{number}", "acme/Blog" if number % 2 else "Acme/blog", "me")
        except RepositoryTaken:
            return None
        return number % 5

    with ThreadPoolExecutor(10) as pool:
        teams = [team for team in pool.map(one, range(10)) if team is not None]
    assert len(teams) == 2
    assert len(set(teams)) == 1


def test_a_binding_is_changed_and_ended_and_then_free_for_others(rows: RepositoryRows) -> None:
    assert rows.bind("app0", "acme/blog", "me") is None
    assert rows.bind("app0", "acme/blog", "me") == "acme/blog"
    assert rows.bind("app0", "acme/shop", "me", plan=True) == "acme/blog"
    assert rows.of("app0") == "acme/blog"
    with pytest.raises(RepositoryTaken, match="team-0"):
        rows.bind("app1", "acme/blog", "me")
    assert rows.bind("app0", None, "me") == "acme/blog"
    assert (rows.of("app0"), rows.bind("app0", None, "me")) == (None, None)
    assert rows.bind("app1", "acme/blog", "me") is None


def test_a_deleted_projects_binding_goes_with_it(rows: RepositoryRows, database: Database) -> None:
    rows.bind("app0", "acme/blog", "me")
    ProjectRows(database, "codeb.test").delete("app0")
    assert rows.of("app0") is None
    assert rows.bind("app1", "acme/blog", "me") is None
    with pytest.raises(UnknownProject):
        rows.bind("app0", "acme/blog", "me")


def test_without_the_database_nobody_knows_a_binding(away: Database) -> None:
    with pytest.raises(Unavailable):
        RepositoryRows(away).of("app0")
