"""Containers are followed while somebody reads them, each once, across deploys. Spec section 6, "SSE"."""

from collections.abc import Iterator

import pytest
import structlog

from codeb.adapters.docker.log_follower import LogFollower
from tests.fakes.streams import FakeLogEngine, FakeReader
from tests.integration.waiting import until


@pytest.fixture
def engine() -> FakeLogEngine:
    return FakeLogEngine()


@pytest.fixture
def follower(engine: FakeLogEngine) -> Iterator[LogFollower]:
    follower = LogFollower(engine, seconds=0.01)
    yield follower
    follower.close()
    assert engine.closed


def lines(*numbers: int) -> list[str]:
    return [f"line {number}" for number in numbers]


def test_the_last_lines_come_first_and_then_what_is_written(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1")
    for number in range(5):
        engine.write("c1", b"line %d\n" % number)
    reader = FakeReader()
    follower.follow(reader.reading(tail=2))
    assert reader.next(2) == lines(3, 4)
    engine.write("c1", b"line 5\n")
    assert reader.next() == lines(5)


def test_a_container_is_followed_once_for_all_its_readers(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1")
    engine.write("c1", b"line 0\n")
    first, second = FakeReader(), FakeReader()
    follower.follow(first.reading())
    assert first.next() == lines(0)
    follower.follow(second.reading(tail=0))
    until(lambda: len(follower._followers["c1"]._readers) == 2, "both read")
    engine.write("c1", b"line 1\n")
    assert (first.next(), second.next()) == (lines(1), lines(1))
    assert engine.containers["c1"].opened == 1


def test_it_is_not_followed_any_more_when_the_last_reader_goes(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1")
    engine.write("c1", b"line 0\n")
    reader = FakeReader()
    reading = reader.reading()
    follower.follow(reading)
    reader.next()
    thread = follower._followers["c1"]._thread
    assert thread is not None
    follower.leave(reading)
    thread.join(20)
    assert not thread.is_alive()
    assert not follower._followers


def test_the_next_container_of_a_slot_is_read_from_its_first_line(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1")
    engine.write("c1", b"line 0\n")
    reader = FakeReader()
    follower.follow(reader.reading(tail=1))
    assert reader.next() == lines(0)
    engine.end("c1")
    engine.run("c2")
    for number in (1, 2, 3):
        engine.write("c2", b"line %d\n" % number)
    assert reader.next(3) == lines(1, 2, 3)


def test_a_container_that_ended_and_runs_again_is_read_on(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1")
    engine.write("c1", b"line 0\n")
    reader = FakeReader()
    follower.follow(reader.reading())
    assert reader.next() == lines(0)
    until(lambda: bool(engine.containers["c1"].followers), "it is followed")
    for log in engine.containers["c1"].followers:
        log.put(None)
    until(lambda: engine.containers["c1"].opened == 2, "it is followed again")
    engine.write("c1", b"line 1\n")
    assert reader.next() == lines(1)


def test_a_container_that_comes_back_is_read_on_where_it_was(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1")
    engine.write("c1", b"line 0\n")
    reader = FakeReader()
    follower.follow(reader.reading())
    assert reader.next() == lines(0)
    aside = engine.containers["c1"]
    engine.end("c1")
    until(lambda: not follower._followers, "it is dropped")
    with engine.lock:
        engine.containers["c1"] = aside
    engine.write("c1", b"line 1\n")
    assert reader.next() == lines(1)


def test_who_comes_back_gets_what_was_written_since(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1")
    for number in range(5):
        engine.write("c1", b"line %d\n" % number)
    reader = FakeReader()
    follower.follow(reader.reading(tail=1, since={"production-blue": "2026-01-01T00:00:00.000000003Z"}))
    assert reader.next(2) == lines(3, 4)
    assert not reader.lost.is_set()


def test_who_comes_back_too_late_is_told(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1")
    for number in range(1500):
        engine.write("c1", b"line %d\n" % number)
    reader = FakeReader()
    follower.follow(reader.reading(since={"production-blue": "2026-01-01T00:00:00.000000003Z"}))
    assert reader.next() == lines(501)
    assert reader.lost.is_set()


def test_only_what_was_asked_for_is_followed(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1")
    engine.run("c2", slot="green")
    engine.run("c3", slot="green", team="team-b")
    for identity in ("c1", "c3", "c2"):
        engine.write(identity, f"of {identity}\n".encode())
    reader = FakeReader()
    follower.follow(reader.reading(slot="green"))
    assert reader.next() == ["of c2"]
    assert set(follower._followers) == {"c2"}


def test_a_name_that_passed_to_another_team_is_not_followed(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1", team="team-b")
    reader, theirs = FakeReader(), FakeReader()
    follower.follow(reader.reading())
    follower.follow(theirs.reading(team="team-b"))
    engine.write("c1", b"line 0\n")
    assert theirs.next() == lines(0)
    assert reader.arrived.empty()


def test_no_value_of_the_containers_variables_is_told(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.run("c1", DB_PASSWORD="hunter2")
    engine.write("c1", b"login with hunter2\n")
    reader = FakeReader()
    follower.follow(reader.reading())
    assert reader.next() == ["login with ***"]


def test_an_engine_that_is_away_is_said_once_and_asked_again(engine: FakeLogEngine, follower: LogFollower) -> None:
    engine.away = True
    engine.run("c1")
    engine.write("c1", b"line 0\n")
    reader = FakeReader()
    with structlog.testing.capture_logs() as logged:
        follower.follow(reader.reading())
        for _ in range(4):
            engine.looked.acquire(timeout=20)
        engine.away = False
        assert reader.next() == lines(0)
    assert [each["event"] for each in logged] == ["engine_away"]


def test_nobody_looks_while_nobody_reads(engine: FakeLogEngine, follower: LogFollower) -> None:
    assert follower._thread is None
    reading = FakeReader().reading()
    follower.follow(reading)
    assert engine.looked.acquire(timeout=20)
    follower.leave(reading)
    assert any(not engine.looked.acquire(timeout=0.5) for _ in range(100)), "it goes on looking"
