"""GET /api/audit, from its query to its record. Spec section 6; the integrator's route is not needed for it."""

import json

import pytest
from starlette.requests import Request

from codeb.api.audit import audit_lines, audit_page, wants_lines
from codeb.domain.access import AuthContext, Forbidden, Role
from codeb.errors import InvalidInput, Unavailable
from codeb.services.audit import ReadAudit
from tests.fakes.audit import FakeAuditLog, entry
from tests.fakes.records import FakeClock

VIEWER = AuthContext("key_1", "team-a", Role.VIEWER)
PLATFORM = AuthContext("key_9", "team-b", Role.OWNER, platform=True)


@pytest.fixture
def log() -> FakeAuditLog:
    return FakeAuditLog([entry(number, team_id="team-b" if number % 2 else "team-a") for number in range(10)])


@pytest.fixture
def audit(log: FakeAuditLog) -> ReadAudit:
    return ReadAudit(log, FakeClock())


def asked(query: str = "") -> Request:
    return Request(
        {"type": "http", "method": "GET", "path": "/api/audit", "query_string": query.encode(), "headers": []}
    )


def numbers(rows: list[dict[str, str]]) -> list[int]:
    return [int(row["id"][4:]) for row in rows]


def test_the_answer_is_the_originals_with_a_cursor(audit: ReadAudit) -> None:
    record = audit_page(asked("limit=2&offset=1&foo=bar"), VIEWER, audit)
    assert numbers(record["data"]) == [6, 4]
    assert {key: record[key] for key in ("total", "totalIsExact", "limit", "offset")} == {
        "total": 5,
        "totalIsExact": True,
        "limit": 2,
        "offset": 1,
    }
    assert numbers(audit_page(asked(f"after={record['nextCursor']}"), VIEWER, audit)["data"]) == [2, 0]


def test_it_is_ones_own_team_and_all_of_them_for_a_platform_key_that_asks_for_it(audit: ReadAudit) -> None:
    for query in ("", "teamOnly=false", "teamOnly=true"):
        assert numbers(audit_page(asked(query), VIEWER, audit)["data"]) == [8, 6, 4, 2, 0]
    assert numbers(audit_page(asked(), PLATFORM, audit)["data"]) == [9, 7, 5, 3, 1]
    assert numbers(audit_page(asked("teamId=team-a"), PLATFORM, audit)["data"]) == [8, 6, 4, 2, 0]
    assert audit_page(asked("teamOnly=false"), PLATFORM, audit)["total"] == 10


def test_it_is_filtered_by_project_tool_success_and_time(audit: ReadAudit, log: FakeAuditLog) -> None:
    log.entries.append(entry(20, project="blog", tool="deploy", success=False))
    for query in ("project=blog", "projectName=Blog", "tool=deploy", "success=false", "since=2026-11-24T12:00:15Z"):
        assert numbers(audit_page(asked(query), VIEWER, audit)["data"]) == [20], query


@pytest.mark.parametrize("query", ["limit=1001", "limit=x", "offset=-1", "offset=10001", "after=x", "teamOnly=maybe"])
def test_what_makes_no_sense(audit: ReadAudit, query: str) -> None:
    with pytest.raises(InvalidInput):
        audit_page(asked(query), VIEWER, audit)


def test_a_key_without_the_scope_is_refused(audit: ReadAudit) -> None:
    narrow = AuthContext("key_1", "team-a", Role.VIEWER, scopes=frozenset({"env.read"}))
    for door in (audit_page, audit_lines):
        with pytest.raises(Forbidden):
            door(asked(), narrow, audit)


def test_the_export_is_a_record_a_line(audit: ReadAudit) -> None:
    assert wants_lines(asked("format=jsonl"))
    assert not wants_lines(asked())
    lines = list(audit_lines(asked("format=jsonl&limit=1"), VIEWER, audit))
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)
    assert numbers([json.loads(line) for line in lines]) == [8, 6, 4, 2, 0]
    assert list(audit_lines(asked("tool=nothing"), VIEWER, audit)) == []


def test_an_export_that_cannot_begin_is_refused_before_its_first_line(audit: ReadAudit, log: FakeAuditLog) -> None:
    log.away = True
    with pytest.raises(Unavailable):
        audit_lines(asked("format=jsonl"), VIEWER, audit)
