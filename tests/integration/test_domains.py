"""Claims and certificates in a real PostgreSQL: one winner per host, whoever comes at once. Security 7."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from psycopg.sql import SQL

from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.domains import CertificateRows, DomainRows
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.projects import ProjectCopies, StoredProjects
from codeb.domain.domains import DomainStatus, DomainType
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.project import ProjectSettings, UnknownProject
from codeb.errors import Unavailable
from codeb.services.domain_errors import DomainTaken, TooManyDomains, UnknownDomain

pytestmark = pytest.mark.integration

HOST = "www.example.org"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BLOG, SHOP = Environment("blog"), Environment("shop")
STAGING = Environment("blog", EnvironmentName.STAGING)


@pytest.fixture
def projects(database: Database, tmp_path: Path) -> StoredProjects:
    """blog of team-a, shop of team-b."""
    projects = StoredProjects(ProjectRows(database, "codeb.test"), ProjectCopies(tmp_path))
    for name, team in (("blog", "team-a"), ("shop", "team-b")):
        projects.create(
            name, team_id=team, type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
        )
    return projects


@pytest.fixture
def rows(database: Database, projects: StoredProjects) -> DomainRows:
    return DomainRows(database)


def test_two_teams_may_claim_a_host_and_one_of_them_proves_it(rows: DomainRows, projects: StoredProjects) -> None:
    for environment in (BLOG, SHOP):
        domain, made = rows.claim(HOST, environment, "key_1", NOW)
        assert (made, domain.status, domain.created_at) == (True, DomainStatus.PENDING, NOW)
    assert rows.holder(HOST) is None
    assert projects.get("blog").domains == {}, "what is not proven is no host of the site"
    active = rows.activate(HOST, "blog", NOW)
    assert (active.status, active.verified_at, active.team_id) == (DomainStatus.ACTIVE, NOW, "team-a")
    assert rows.holder(HOST) == active
    with pytest.raises(DomainTaken) as refused:
        rows.activate(HOST, "shop", NOW)
    assert "blog" not in str(refused.value)
    claim = rows.claim_of(HOST, "shop")
    assert claim is not None
    assert not claim.active
    assert projects.reread("blog").domains == {EnvironmentName.PRODUCTION: (HOST,)}


def test_of_twenty_who_prove_a_host_at_once_one_has_it(database: Database, projects: StoredProjects) -> None:
    names = [f"app{number}" for number in range(20)]
    rows = DomainRows(database)
    for name in names:
        projects.create(
            name, team_id=name, type="go", environments=(EnvironmentName.PRODUCTION,), settings=ProjectSettings()
        )
    start = threading.Barrier(20)

    def one(name: str) -> bool:
        start.wait()
        rows.claim(HOST, Environment(name), "me", NOW)
        try:
            rows.activate(HOST, name, NOW)
        except DomainTaken:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(one, names)) == [False] * 19 + [True]
    with database.transaction() as connection:
        held = connection.execute("SELECT status FROM domains WHERE domain = %s", [HOST]).fetchall()
    assert sorted(row["status"] for row in held) == ["active"] + ["pending"] * 19


def test_a_claim_again_is_the_same_row_asked_for_anew(rows: DomainRows) -> None:
    first, _ = rows.claim(HOST, BLOG, "key_1", NOW)
    rows.looked(first, None)
    again, made = rows.claim(HOST, STAGING, "key_2", NOW + timedelta(days=9))
    assert made is False
    assert (again.environment, again.created_by, again.created_at) == (BLOG, "key_1", NOW)
    assert [each.host for each in rows.due(NOW + timedelta(days=10), 5)] == [HOST]


def test_the_longest_overdue_is_looked_at_first_and_what_is_given_up_never(rows: DomainRows) -> None:
    claims = [rows.claim(f"a{number}.example.org", BLOG, "me", NOW)[0] for number in range(4)]
    for claim, minutes in zip(claims, (30, 10, 20, 90), strict=True):
        rows.looked(claim, NOW + timedelta(minutes=minutes))
    rows.looked(claims[2], None)
    rows.activate(claims[0].host, "blog", NOW)
    assert rows.due(NOW, 5) == []
    assert [each.host for each in rows.due(NOW + timedelta(minutes=95), 5)] == ["a1.example.org", "a3.example.org"]
    assert len(rows.due(NOW + timedelta(minutes=95), 1)) == 1


def test_what_is_put_back_is_as_it_was(rows: DomainRows) -> None:
    pending, _ = rows.claim(HOST, BLOG, "key_1", NOW)
    rows.activate(HOST, "blog", NOW)
    rows.put_back(pending)
    assert rows.claim_of(HOST, "blog") == pending
    active = rows.activate(HOST, "blog", NOW)
    rows.remove(HOST, "blog")
    assert rows.claim_of(HOST, "blog") is None
    rows.put_back(active)
    assert rows.claim_of(HOST, "blog") == active
    rows.remove(HOST, "blog")
    rows.claim(HOST, SHOP, "me", NOW)
    rows.activate(HOST, "shop", NOW)
    with pytest.raises(DomainTaken):
        rows.put_back(active)


def test_generated_names_are_listed_and_are_not_removed(rows: DomainRows) -> None:
    rows.claim(HOST, BLOG, "me", NOW)
    found = rows.of_projects(["blog"])
    assert len(found) == 10
    assert {each.type for each in found} == set(DomainType)
    rows.remove("blog.codeb.test", "blog")
    assert rows.holder("blog.codeb.test") is not None
    assert rows.of_projects([]) == []


def test_a_host_without_a_claim_and_a_project_that_is_not_there(rows: DomainRows) -> None:
    with pytest.raises(UnknownDomain):
        rows.activate(HOST, "blog", NOW)
    with pytest.raises(UnknownProject):
        rows.claim(HOST, Environment("gone"), "me", NOW)


def test_a_project_has_a_hundred_domains_at_most(rows: DomainRows) -> None:
    for number in range(100):
        rows.claim(f"a{number}.example.org", BLOG, "me", NOW)
    with pytest.raises(TooManyDomains):
        rows.claim(HOST, BLOG, "me", NOW)
    assert rows.claim_of(HOST, "blog") is None
    assert rows.claim("a7.example.org", BLOG, "me", NOW)[1] is False


def test_claims_go_with_their_project_and_certificates_do_not(
    database: Database, rows: DomainRows, projects: StoredProjects
) -> None:
    rows.claim(HOST, BLOG, "me", NOW)
    assert CertificateRows(database, 4).admit(HOST, "team-a"), "the three sites of blog and this one"
    projects.delete("blog")
    assert rows.claim_of(HOST, "blog") is None
    limited = CertificateRows(database, 4)
    assert limited.admit(HOST, "team-a"), "it had one before"
    assert not limited.admit("new.example.org", "team-a")
    assert limited.admit("new.example.org", "team-b"), "each team has its own week"


def test_twenty_new_hosts_at_once_get_what_the_week_has_left(database: Database) -> None:
    limited = CertificateRows(database, 5)
    start = threading.Barrier(20)

    def one(number: int) -> bool:
        start.wait()
        return limited.admit(f"a{number}.example.org", "team-a")

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(one, range(20))) == [False] * 15 + [True] * 5
    with database.transaction() as connection:
        connection.execute("UPDATE certificates SET first_asked_at = now() - interval '8 days'")
    assert limited.admit("later.example.org", "team-a")
    assert CertificateRows(database, 0).admit("more.example.org", "team-a"), "0 is no limit"


def _migration(name: str) -> SQL:
    return SQL((resources.files("codeb.migrations") / name).read_text())


def test_rows_of_before_the_migration_are_active_and_counted(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute(_migration("0001_the_spine.sql"))
        connection.execute("INSERT INTO projects VALUES ('blog', 'team-a', 'go', '{}')")
        connection.execute("INSERT INTO domains VALUES ('blog.codeb.test', 'blog', 'production', 'production')")
        connection.execute("INSERT INTO domains VALUES ('old.example.org', 'blog', 'production', 'custom')")
        connection.execute(_migration("0005_domains.sql"))
        rows = connection.execute("SELECT domain, status FROM domains ORDER BY domain").fetchall()
        counted = connection.execute("SELECT count(*) AS hosts FROM certificates").fetchone()
    assert rows == [
        {"domain": "blog.codeb.test", "status": "active"},
        {"domain": "old.example.org", "status": "active"},
    ]
    assert counted == {"hosts": 2}


def test_without_a_database_every_question_says_so(away: Database) -> None:
    rows = DomainRows(away)
    with pytest.raises(Unavailable):
        rows.claim(HOST, BLOG, "me", NOW)
    with pytest.raises(Unavailable):
        rows.of_projects(["blog"])
    with pytest.raises(Unavailable):
        CertificateRows(away, 5).admit(HOST, "team-a")
