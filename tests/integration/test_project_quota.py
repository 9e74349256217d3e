"""The quota of projects, counted where projects are made: a real PostgreSQL. Security 10."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.projects import ProjectRows
from codeb.domain.names import EnvironmentName
from codeb.domain.project import ProjectExists, ProjectSettings
from codeb.domain.quotas import QuotaReached

pytestmark = pytest.mark.integration


def make(rows: ProjectRows, name: str, at_most: int | None, team: str = "team-a") -> None:
    rows.create(
        name,
        team_id=team,
        type="nodejs",
        environments=tuple(EnvironmentName),
        settings=ProjectSettings(),
        at_most=at_most,
    )


def test_of_twenty_projects_made_at_once_there_are_as_many_as_the_team_may_have(database: Database) -> None:
    rows = ProjectRows(database, "codeb.test")
    start = threading.Barrier(20)

    def one(number: int) -> bool:
        start.wait()
        try:
            make(rows, f"app{number}", 3)
        except QuotaReached as reached:
            assert reached.facts() == {"quota": "projects", "limit": 3, "used": 3, "wanted": 1}
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(20))) == 3
    assert len(rows.names()) == 3, "a refused one leaves no row"
    with database.transaction() as connection:
        ports = connection.execute("SELECT count(*) AS n FROM project_slots").fetchone()
    assert ports == {"n": 9}


def test_projects_of_others_do_not_count_and_one_that_is_there_is_said_first(database: Database) -> None:
    rows = ProjectRows(database, "codeb.test")
    make(rows, "theirs", None, "team-b")
    make(rows, "ours", 1)
    with pytest.raises(ProjectExists):
        make(rows, "theirs", 1)
    with pytest.raises(QuotaReached):
        make(rows, "more", 1)
