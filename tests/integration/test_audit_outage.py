"""The audit while PostgreSQL is away and processes are killed. Spec section 6, degraded mode."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from codeb.adapters.audit.spool import Spool
from codeb.adapters.audit.trail import Trail
from codeb.adapters.clock import SystemClock
from codeb.adapters.postgres.audit import AuditRows
from codeb.adapters.postgres.database import Database
from codeb.errors import Unavailable
from codeb.services.audit import ReadAudit
from codeb.services.protocols.audit_log import AuditQuery, Reach
from codeb.settings import Database as DatabaseSettings
from tests.fakes.audit import entry
from tests.integration.mortal import Countdown, mortal
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import until

pytestmark = pytest.mark.integration

EVERYTHING = AuditQuery(Reach(None))
_FORK = multiprocessing.get_context("forkserver")


@pytest.fixture
def rows(database: Database) -> AuditRows:
    return AuditRows(database)


@pytest.fixture
def trail(rows: AuditRows, tmp_path: Path, postgres: PostgresProcess) -> Iterator[Trail]:
    trail = Trail(rows, Spool(tmp_path / "spool"), interval=0.05)
    yield trail
    postgres.start()
    until(rows.available, "the database answers again")
    trail.close()


def stored(rows: AuditRows) -> list[str]:
    return sorted(each.id for each in ReadAudit(rows, SystemClock()).export(EVERYTHING))


def names(numbers: Sequence[int] | range) -> list[str]:
    return [entry(number).id for number in numbers]


def test_it_goes_in_the_middle_and_comes_back_and_every_row_is_there_once(
    trail: Trail, rows: AuditRows, postgres: PostgresProcess
) -> None:
    trail.begin()
    stop = threading.Event()
    recorded: list[int] = []

    def work() -> None:
        while not stop.is_set() and len(recorded) < 15_000:
            trail.record(entry(len(recorded)))
            recorded.append(1)
            stop.wait(0.0005)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        until(lambda: rows.count(EVERYTHING, 1), "the first rows are stored")
        postgres.stop()
        until(lambda: trail.size() > 100, "rows are on disk")
        with pytest.raises(Unavailable):
            ReadAudit(rows, SystemClock()).page(EVERYTHING, 10)
        postgres.start()
        until(lambda: trail.size() == 0, "the spool was brought in")
    finally:
        stop.set()
        worker.join()
    trail.close()
    assert trail.lost == 0
    assert stored(rows) == names(range(len(recorded)))
    assert not (trail.spool.directory / "damaged.txt").exists()


def _spool_and_die(directory: Path, kill_at: int) -> None:
    countdown = Countdown(kill_at)
    for name in ("write", "fsync", "open", "ftruncate"):
        setattr(os, name, mortal(getattr(os, name), countdown))
    spool = Spool(directory, file_size=400)
    for number in range(20):
        spool.append([entry(number)])
        (directory / f"kept-{number}").touch()


def _bring_in_and_die(settings: DatabaseSettings, directory: Path, kill_at: int) -> None:
    database = Database.open(settings)
    database.available()
    countdown = Countdown(kill_at)
    Path.unlink = mortal(Path.unlink, countdown)  # type: ignore[method-assign]
    AuditRows.write = mortal(AuditRows.write, countdown)  # type: ignore[method-assign]
    Trail(AuditRows(database), Spool(directory), batch=2).work()


def _killed(target: object, *args: object) -> int | None:
    process = _FORK.Process(target=target, args=args)  # type: ignore[arg-type]
    process.start()
    process.join(60)
    try:
        return process.exitcode
    finally:
        process.kill()
        process.join()
        process.close()


@pytest.mark.parametrize("kill_at", [1, 2, 3, 4, 5, 6, 7, 12, 23, 38])
def test_a_process_killed_in_the_middle_of_spooling_loses_no_row_that_was_kept(
    rows: AuditRows, tmp_path: Path, kill_at: int
) -> None:
    assert _killed(_spool_and_die, tmp_path, kill_at) == -signal.SIGKILL
    kept = [number for number in range(20) if (tmp_path / f"kept-{number}").exists()]
    Trail(rows, Spool(tmp_path)).work()
    assert set(names(kept)) <= set(stored(rows)) <= set(names([*kept, len(kept)]))
    assert Spool(tmp_path).files() == []


@pytest.mark.parametrize("kill_at", range(1, 9))
def test_a_process_killed_between_the_database_and_the_disk_doubles_nothing(
    rows: AuditRows, postgres_settings: DatabaseSettings, tmp_path: Path, kill_at: int
) -> None:
    spool = Spool(tmp_path)
    spool.append([entry(number) for number in range(5)])
    spool.close()
    assert _killed(_bring_in_and_die, postgres_settings, tmp_path, kill_at) == -signal.SIGKILL
    Trail(rows, spool).work()
    assert stored(rows) == names(range(5))
    assert spool.files() == []


def test_half_a_line_of_a_killed_process_is_set_aside(rows: AuditRows, tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([entry(1), entry(2)])
    spool.close()
    (path,) = spool.files()
    path.write_bytes(path.read_bytes()[:-20])
    Trail(rows, spool).work()
    assert stored(rows) == names([1])
    assert (tmp_path / "damaged.txt").read_text().startswith('{"id":"aud_00000002"')
