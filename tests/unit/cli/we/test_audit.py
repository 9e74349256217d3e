"""we audit: pages until the bound, spans and moments, and an export for whoever may read it. Lesson 4."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.audit import BEGIN, entry
from tests.unit.cli.we.conftest import Desk

COUNT = 1203
"""More than two pages."""


@pytest.fixture
def audited(desk: Desk) -> Desk:
    desk.house.world.audit_log.entries = [
        entry(number, project="blog", tool="deploy", success=number % 100 != 0, code=None if number % 100 else "locked")
        for number in range(1, COUNT + 1)
    ]
    return desk


def test_the_newest_fifty_are_shown_and_that_there_are_more(audited: Desk) -> None:
    done = audited.we("audit", "blog")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 51
    assert "there are more than these 50" in done.stderr
    assert done.stdout.splitlines()[1].split()[:4] == ["2026-11-24", "12:20:03", "deploy", "blog"]
    record = audited.answer("audit", "--failed", "--limit", "12")
    assert (record["count"], record["nextCursor"], record["entries"][0]["code"]) == (12, None, "locked")


@pytest.mark.parametrize("limit", [1, 500, 501, 1203, 5000])
def test_pages_are_read_until_the_bound_each_row_once(audited: Desk, limit: int) -> None:
    record = audited.answer("audit", "--limit", str(limit))
    ids = [each["id"] for each in record["entries"]]
    assert ids == [entry(number).id for number in range(COUNT, max(0, COUNT - limit), -1)]
    assert (record["nextCursor"] is None) == (limit >= COUNT)


def test_an_export_is_a_line_of_json_each_in_a_file_for_its_owner(audited: Desk) -> None:
    assert audited.told("audit", "--export", "rows.jsonl") == f"rows.jsonl holds {COUNT} calls\n"
    lines = Path("rows.jsonl").read_text().splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["deploy"] * COUNT
    assert stat.S_IMODE(Path("rows.jsonl").stat().st_mode) == 0o600
    assert audited.told("audit", "--export", "-", "--limit", "2").splitlines() == lines[:2]


@pytest.mark.parametrize("moment", ["2026-11-24T12:20:01Z", "2026-11-24T12:20:01", "2026-11-24T13:20:01+01:00"])
def test_a_moment_is_utc_unless_it_says_so(audited: Desk, moment: str) -> None:
    assert audited.answer("audit", "--since", moment)["count"] == 3
    assert audited.answer("audit", "--until", moment, "--limit", "5000")["count"] == COUNT - 3


def test_a_span_counts_back_from_now(desk: Desk) -> None:
    now = datetime.now(UTC)
    ages = [timedelta(minutes=5), timedelta(hours=5), timedelta(days=5)]
    entries = [entry(number, at=now - age) for number, age in enumerate(reversed(ages))]
    desk.house.world.audit_log.entries = entries
    assert [desk.answer("audit", "--since", span)["count"] for span in ("1m", "10m", "6h", "6d")] == [0, 1, 2, 3]
    assert desk.told("audit", "--until", BEGIN.isoformat()) == "nothing was asked that matches\n"
    assert "is neither 24h" in desk.we("audit", "--since", "yesterday").stderr
