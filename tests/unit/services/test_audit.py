"""Pages, totals, exports and pruning of the audit. Spec section 6; lesson 34."""

import base64
from collections.abc import Sequence
from datetime import timedelta

import pytest

from codeb.errors import InvalidInput
from codeb.services.audit import COUNTED, ReadAudit, cursor_of, place_of
from codeb.services.protocols.audit_log import AuditQuery, Place, Reach
from codeb.services.protocols.trail import AuditEntry
from tests.fakes.audit import BEGIN, FakeAuditLog, entry
from tests.fakes.records import FakeClock

EVERYTHING = AuditQuery(Reach(None))


@pytest.fixture
def log() -> FakeAuditLog:
    return FakeAuditLog([entry(number, at=BEGIN + timedelta(seconds=number // 3)) for number in range(25)])


@pytest.fixture
def audit(log: FakeAuditLog) -> ReadAudit:
    return ReadAudit(log, FakeClock())


def names(entries: Sequence[AuditEntry]) -> list[str]:
    return [each.id for each in entries]


def test_pages_are_complete_and_repeat_nothing_while_rows_are_written(audit: ReadAudit, log: FakeAuditLog) -> None:
    wanted = names(sorted(log.entries, key=lambda each: (each.at, each.id), reverse=True))
    found, after = [], None
    for number in range(100, 200):
        page = audit.page(EVERYTHING, 4, after=after)
        found += names(page.entries)
        log.entries.append(entry(number))
        after = page.next_cursor
        if after is None:
            break
    assert found == wanted


def test_the_last_page_has_no_cursor(audit: ReadAudit) -> None:
    assert audit.page(EVERYTHING, 25).next_cursor is None
    assert audit.page(EVERYTHING, 24).next_cursor is not None


def test_a_cursor_is_the_place_of_its_row() -> None:
    assert place_of(cursor_of(entry(3))) == Place(entry(3).at, entry(3).id)


@pytest.mark.parametrize(
    "text",
    [
        *("x", "====", "é", "\0", "a" * 5000, "2026-11-24"),
        *("|", "2026-11-24T12:00:00|aud_1", "9999-99-99T12:00:00+00:00|aud_1", "2026-11-24T12:00:00+00:00|'; --"),
    ],
)
def test_what_no_page_gave_is_no_cursor(text: str) -> None:
    for cursor in (text, base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")):
        with pytest.raises(InvalidInput, match="after: it is not a cursor"):
            place_of(cursor)


def test_a_total_is_exact_as_far_as_counting_is_cheap(audit: ReadAudit, log: FakeAuditLog) -> None:
    assert audit.total(EVERYTHING) == (25, True)
    log.entries += [entry(number) for number in range(25, COUNTED + 5)]
    assert audit.total(EVERYTHING) == (COUNTED, False)


def test_an_export_has_every_row_once(audit: ReadAudit, log: FakeAuditLog) -> None:
    log.entries = [entry(number) for number in range(2500)]
    assert names(list(audit.export(EVERYTHING))) == names(log.entries[::-1])


def test_what_is_old_is_pruned_and_a_dry_run_counts_it(audit: ReadAudit, log: FakeAuditLog) -> None:
    log.entries += [entry(100, at=BEGIN - timedelta(days=500)), entry(101, at=BEGIN - timedelta(days=399))]
    assert audit.prune(400, dry_run=True) == 1
    assert len(log.entries) == 27
    assert (audit.prune(400), audit.prune(400)) == (1, 0)
    assert "aud_00000101" in names(log.entries)


def test_nobody_prunes_what_is_young(audit: ReadAudit) -> None:
    with pytest.raises(InvalidInput, match="30 days at least"):
        audit.prune(29)
