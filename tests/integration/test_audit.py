"""The audit in a real PostgreSQL: batches, pages, and rows that stay. Spec sections 6 and 7, security 17."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from psycopg.errors import InsufficientPrivilege

from codeb.adapters.audit.known import KnownSecrets
from codeb.adapters.clock import SystemClock
from codeb.adapters.postgres.audit import AuditRows, page_statement
from codeb.adapters.postgres.database import Database
from codeb.errors import Unavailable
from codeb.services.audit import ReadAudit
from codeb.services.protocols.audit_log import AuditQuery, Place, Reach
from codeb.services.protocols.trail import AuditEntry
from tests.fakes.audit import entry

pytestmark = pytest.mark.integration

EVERYTHING = AuditQuery(Reach(None))
TEAM = AuditQuery(Reach("team-a"))


@pytest.fixture
def rows(database: Database) -> AuditRows:
    return AuditRows(database)


def stored(rows: AuditRows) -> list[str]:
    return sorted(each.id for each in ReadAudit(rows, SystemClock()).export(EVERYTHING))


def names(numbers: Sequence[int] | range) -> list[str]:
    return [entry(number).id for number in numbers]


def test_a_row_comes_back_as_it_was_and_is_there_once(rows: AuditRows) -> None:
    full = entry(
        1,
        params={"projectName": "blog", "list": [1, 2.5, None, True], "text": 'é "\\u0000" \U0001f600'},
        result={"slot": "blue"},
        project="blog",
        success=False,
        error="no",
        code="refused",
        user_agent="we/1.0",
    )
    assert rows.write([full, entry(2)]) == []
    assert rows.write([full, entry(2)]) == []
    assert rows.rows(EVERYTHING, 10) == [entry(2), full]


def test_a_row_that_no_table_takes_is_named_and_the_others_are_kept(rows: AuditRows) -> None:
    broken = [replace(entry(number), id=f"aud_{number}" + "x" * 40) for number in (2, 4)]
    assert rows.write([entry(1), *broken, entry(3)]) == broken
    assert stored(rows) == names([1, 3])


def test_before_its_table_is_made_it_is_away(database: Database, rows: AuditRows) -> None:
    with database.transaction() as connection:
        connection.execute("DROP TABLE audit_logs CASCADE")
    with pytest.raises(Unavailable):
        rows.write([entry(1)])


def test_pages_are_complete_and_repeat_nothing_while_rows_are_written(rows: AuditRows) -> None:
    before = [entry(number, at=entry(number // 7).at, project=f"p{number % 3}") for number in range(1000)]
    rows.write(before)
    stop, audit = threading.Event(), ReadAudit(rows, SystemClock())

    def write() -> None:
        number = 5000
        while not stop.is_set():
            rows.write([entry(number), entry(number + 10_000, team_id="team-b")])
            number += 1

    worker = threading.Thread(target=write)
    worker.start()
    try:
        found: list[AuditEntry] = []
        page = audit.page(AuditQuery(Reach("team-a"), until=entry(4000).at), 13)
        while page.next_cursor is not None:
            found += page.entries
            page = audit.page(AuditQuery(Reach("team-a")), 13, after=page.next_cursor)
        found += page.entries
    finally:
        stop.set()
        worker.join()
    assert found == sorted(before, key=lambda each: (each.at, each.id), reverse=True)


def test_a_narrowed_key_sees_its_projects_and_its_own(rows: AuditRows) -> None:
    rows.write(
        [
            entry(1, project="blog"),
            entry(2, project="shop"),
            entry(3, project="shop", key_id="key_2"),
            entry(4, project="blog", team_id="team-b"),
        ]
    )
    narrow = AuditQuery(Reach("team-a", frozenset({"blog"}), "key_2"))
    assert [each.id for each in rows.rows(narrow, 10)] == names([3, 1])
    assert [each.id for each in rows.rows(AuditQuery(Reach("team-a", frozenset(), "key_2")), 10)] == names([3])
    assert (rows.count(narrow, 10), rows.count(EVERYTHING, 3)) == (2, 3)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_logs SET error = 'x'",
        "DELETE FROM audit_logs",
        "TRUNCATE audit_logs",
        "INSERT INTO audit_logs SELECT * FROM audit_logs ON CONFLICT (id) DO UPDATE SET tool = 'x'",
        "SELECT set_config('codeb.audit_prune', 'on', true); DELETE FROM audit_logs",
        "SELECT set_config('codeb.audit_prune', 'on', true); UPDATE audit_logs SET error = 'x'",
    ],
)
def test_a_row_is_neither_changed_nor_deleted(rows: AuditRows, database: Database, statement: str) -> None:
    rows.write([entry(1, at=datetime.now(UTC))])
    before = rows.rows(EVERYTHING, 10)
    with pytest.raises(InsufficientPrivilege, match="never changed"), database.transaction() as connection:
        connection.execute(statement.encode())
    assert rows.rows(EVERYTHING, 10) == before


def test_a_role_that_may_only_insert_and_select_has_nothing_else(rows: AuditRows, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("DROP ROLE IF EXISTS audit_runtime")
        connection.execute("CREATE ROLE audit_runtime")
        connection.execute("GRANT USAGE ON SCHEMA public TO audit_runtime")
        connection.execute("GRANT INSERT, SELECT ON audit_logs TO audit_runtime")
    for statement in (b"DELETE FROM audit_logs", b"SELECT audit_logs_prune(now())", b"DROP TABLE audit_logs"):
        with (
            pytest.raises(InsufficientPrivilege),
            database.transaction() as connection,
        ):
            connection.execute("SET LOCAL ROLE audit_runtime")
            connection.execute(statement)
    with database.transaction() as connection:
        connection.execute("DROP OWNED BY audit_runtime")
        connection.execute("DROP ROLE audit_runtime")


def test_a_row_is_read_by_the_team_whose_it_is(rows: AuditRows) -> None:
    rows.write(
        [
            entry(0, team_id="ops"),
            entry(1, team_id="ops", project="blog", whose="team-a"),
            entry(2, team_id="ops", project="gone", whose=""),
            entry(3, team_id="team-a", project="blog"),
        ]
    )
    seen = {
        team: sorted(each.id for each in rows.rows(AuditQuery(Reach(team)), 10)) for team in ("ops", "team-a", None)
    }
    assert seen == {"ops": names([0]), "team-a": names([1, 3]), None: names([0, 1, 2, 3])}
    assert {each.whose for each in rows.rows(EVERYTHING, 10)} == {None, "team-a", ""}


def test_only_what_is_old_is_pruned(rows: AuditRows) -> None:
    now = datetime.now(UTC)
    ages = {1: 500, 2: 401, 3: 399, 4: 31, 5: 29, 6: 0}
    rows.write([entry(number, at=now - timedelta(days=days)) for number, days in ages.items()])
    audit = ReadAudit(rows, SystemClock())
    assert (audit.prune(400, dry_run=True), audit.prune(400), audit.prune(400)) == (2, 2, 0)
    assert rows.prune(now + timedelta(days=1)) == 2
    assert stored(rows) == names([5, 6])


def test_a_hundred_thousand_rows_are_read_by_an_index(rows: AuditRows, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute(
            "INSERT INTO audit_logs"
            " SELECT 'aud_' || lpad(n::text, 8, '0'), timestamptz '2026-11-24' + n * interval '1 s',"
            " 'tool' || n %% 40, '{}', '{}', 'key_' || n %% 50, 'team-' || n %% 20, 'member', 'p' || n %% 200,"
            " n %% 10 <> 0, NULL, NULL, 1, NULL, NULL, 'c', 'api' FROM generate_series(1, 100000) AS n",
            [],
        )
    with database.pool.connection() as connection:
        connection.autocommit = True
        connection.execute("ANALYZE audit_logs")
        connection.autocommit = False
    middle = Place(datetime(2026, 11, 24, 14, tzinfo=UTC), "aud_00007200")
    team = Reach("team-3")
    queries = {
        "audit_logs_newest": EVERYTHING,
        "audit_logs_team": AuditQuery(team),
        "audit_logs_project": AuditQuery(team, project="p3"),
        "audit_logs_tool": AuditQuery(Reach(None), tool="tool3"),
        "audit_logs_refused": AuditQuery(Reach("team-10"), success=False),
        "audit_logs_key": AuditQuery(Reach(None), key_id="key_3"),
    }
    for index, query in queries.items():
        for after in (None, middle):
            plan = _plan(database, query, after)
            assert index in plan, plan
            assert "Seq Scan" not in plan, plan
            assert "Sort" not in plan, plan
    narrow = AuditQuery(Reach("team-3", frozenset({"p3"}), "key_1"), tool="tool3", success=False)
    assert "Seq Scan" not in _plan(database, narrow, middle)
    without_rows = AuditQuery(Reach("team-3", frozenset({"p-none"}), "key_none"))
    assert "Seq Scan" not in _plan(database, without_rows, None)
    assert rows.count(EVERYTHING, 10_001) == 10_001


def _plan(database: Database, query: AuditQuery, after: Place | None) -> str:
    text, values = page_statement(query, 100, after, 0)
    with database.transaction() as connection:
        found = connection.execute(b"EXPLAIN " + text.as_bytes(connection), values)
        return "\n".join(row["QUERY PLAN"] for row in found)


def test_nothing_known_to_be_secret_is_in_the_table(rows: AuditRows, database: Database) -> None:
    from codeb.domain.access import AuthContext, Role
    from codeb.tools.audit_entry import Caller, RequestFacts, entry_of

    known = KnownSecrets()
    known.add_variables({"TOKEN": "tok-4711"})
    made = entry_of(
        "deploy",
        {"projectName": "blog", "note": "with tok-4711", "password": "plain-4712"},
        {"logs": "started with tok-4711"},
        Caller(AuthContext("key_1", "team-a", Role.MEMBER), RequestFacts("c", "cli"), dict[str, str]().get),
        duration_ms=1,
        cover=known.cover,
    )
    rows.write([made])
    with database.transaction() as connection:
        row = connection.execute("SELECT audit_logs::text AS text FROM audit_logs").fetchone()
    assert row is not None
    assert "471" not in row["text"]
    assert rows.rows(EVERYTHING, 1) == [replace(made, at=made.at)]
