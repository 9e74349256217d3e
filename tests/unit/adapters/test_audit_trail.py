"""The audit's way: never in the way of a request, and nothing lost that anything could keep. Design section 6."""

import errno
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from codeb.adapters.audit.spool import Spool
from codeb.adapters.audit.trail import Trail
from codeb.services.protocols.trail import AuditEntry
from tests.fakes.audit import FakeSink, entry

ROWS = [entry(number) for number in range(20)]
NAMES = [each.id for each in ROWS]


@pytest.fixture
def sink() -> FakeSink:
    return FakeSink()


@pytest.fixture
def trail(sink: FakeSink, tmp_path: Path) -> Iterator[Trail]:
    trail = Trail(sink, Spool(tmp_path), capacity=10, batch=4, interval=0.01)
    yield trail
    trail.close()


@pytest.fixture
def full_disk() -> Iterator[Callable[[], None]]:
    """Until it is called."""

    def fail(spool: Spool, entries: Sequence[AuditEntry]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Spool, "append", fail)
        yield patch.undo


def record(trail: Trail, rows: Sequence[AuditEntry]) -> None:
    for each in rows:
        trail.record(each)


def test_rows_go_to_the_database_in_batches(trail: Trail, sink: FakeSink) -> None:
    record(trail, ROWS[:10])
    assert sink.writes == 0
    trail.work()
    assert (list(sink.stored), sink.writes, trail.size()) == (NAMES[:10], 3, 0)


def test_while_it_is_away_they_wait_on_disk_and_are_brought_in_by_themselves(trail: Trail, sink: FakeSink) -> None:
    sink.away = True
    for at in (0, 10):
        record(trail, ROWS[at : at + 10])
        trail.work()
    assert (trail.size(), trail.lost, sink.stored) == (20, 0, {})
    trail.work()
    assert len(trail.spool.files()) == 1
    sink.away = False
    trail.work()
    assert (list(sink.stored), trail.size()) == (NAMES, 0)


def test_a_row_that_was_stored_before_its_process_died_is_there_once(trail: Trail, sink: FakeSink) -> None:
    trail.spool.append(ROWS[:3])
    sink.write(ROWS[:2])
    trail.work()
    assert list(sink.stored) == NAMES[:3]


def test_what_a_process_before_left_on_disk_is_brought_in(trail: Trail, sink: FakeSink) -> None:
    before = Spool(trail.spool.directory)
    before.append(ROWS[:3])
    before.close()
    trail.work()
    assert list(sink.stored) == NAMES[:3]


def test_a_full_queue_goes_to_the_disk_while_the_database_is_slow(tmp_path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    class Slow(FakeSink):
        def write(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
            asked.set()
            assert go_on.wait(20)
            return super().write(entries)

    sink, spooled = Slow(), threading.Event()

    class Watched(Spool):
        def append(self, entries: Sequence[AuditEntry]) -> None:
            super().append(entries)
            spooled.set()

    trail = Trail(sink, Watched(tmp_path), capacity=10, batch=4, interval=0.01)
    trail.begin()
    record(trail, ROWS[:1])
    assert asked.wait(20)
    for each in ROWS[1:]:
        spooled.clear()
        trail.record(each)
        if len(trail._waiting) >= 5:
            assert spooled.wait(20)
    go_on.set()
    trail.close()
    assert trail.lost == 0
    Trail(sink, trail.spool).work()
    assert sorted(sink.stored) == NAMES


def test_with_a_full_disk_too_they_wait_in_memory_up_to_the_bound_and_every_loss_is_told(
    trail: Trail, sink: FakeSink, full_disk: Callable[[], None]
) -> None:
    sink.away = True
    with capture_logs() as logs:
        for each in ROWS[:12]:
            trail.record(each)
            trail.work()
            trail.relieve()
    assert trail.lost == 2
    assert [each["event"] for each in logs].count("audit_waits_in_memory") < 5
    assert [each for each in logs if each["event"] == "audit_rows_lost"][-1]["total"] == 2
    full_disk()
    sink.away = False
    trail.work()
    assert list(sink.stored) == NAMES[:10]


def test_a_row_that_the_database_never_takes_is_set_aside_and_holds_up_nobody(trail: Trail, sink: FakeSink) -> None:
    sink.refused = frozenset({NAMES[1]})
    trail.spool.append(ROWS[:2])
    record(trail, ROWS[2:4])
    trail.work()
    assert list(sink.stored) == [NAMES[2], NAMES[3], NAMES[0]]
    assert NAMES[1] in (trail.spool.directory / "damaged.txt").read_text()
    assert trail.size() == 0


def test_an_unforeseen_error_of_the_database_loses_nothing(
    trail: Trail, sink: FakeSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        raise KeyError("x")

    monkeypatch.setattr(sink, "write", broken)
    record(trail, ROWS[:2])
    trail.work()
    assert trail.size() == 2
    monkeypatch.undo()
    trail.work()
    assert list(sink.stored) == NAMES[:2]


@pytest.mark.parametrize("away", [False, True])
def test_an_end_leaves_nothing_in_memory(trail: Trail, sink: FakeSink, away: bool) -> None:
    sink.away = away
    trail.begin()
    record(trail, ROWS[:9])
    trail.close()
    assert len(sink.stored) + trail.size() == 9, "in the database or in the spool"
    assert not (away and sink.stored)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("audit-")]


def test_an_end_with_nowhere_to_go_is_a_loss_that_is_told(
    trail: Trail, sink: FakeSink, full_disk: Callable[[], None]
) -> None:
    sink.away = True
    record(trail, ROWS[:3])
    with capture_logs() as logs:
        trail.close()
    assert trail.lost == 3
    assert logs[-1]["event"] == "audit_rows_lost"


def test_many_threads_record_and_each_row_is_there_once(sink: FakeSink, tmp_path: Path) -> None:
    trail = Trail(sink, Spool(tmp_path), capacity=4000, batch=50, interval=0.01)
    trail.begin()
    threads = [
        threading.Thread(target=record, args=(trail, [entry(first + number) for number in range(100)]))
        for first in range(0, 1000, 100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trail.close()
    assert (len(sink.stored), trail.lost) == (1000, 0)
