"""One holder per environment, waiters in the order of arrival, nobody stuck behind the dead. Design section 3."""

import itertools
import os
import signal
import stat
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.locks import FileLocks
from codeb.domain.names import Environment
from codeb.errors import Unavailable
from codeb.services.errors import Locked
from tests.integration.programs import everything, heard, program, tell

pytestmark = pytest.mark.integration

BLOG = Environment.of("blog")

HOLD = """
with FileLocks(directory, SystemClock()).held(BLOG, "deploy", "kim"):
    say("held")
    sys.stdin.readline()
"""
"""Holds until it is told something."""

WAIT = """
def on_place(place, holder):
    say("place", place, holder.get("by"))
with FileLocks(directory, SystemClock(), max_waiters=int(arguments[1])).held(BLOG, "deploy", arguments[0],
                                                                            on_place=on_place):
    with (directory / "order").open("a") as file:
        file.write(arguments[0] + " in\\n")
        file.flush()
        file.write(arguments[0] + " out\\n")
"""
"""Says each place, then writes that it went in and out."""


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def locks(tmp_path: Path) -> FileLocks:
    return FileLocks(tmp_path, SystemClock())


def test_a_second_holder_is_told_who_the_first_is(locks: FileLocks) -> None:
    refused = pytest.raises(Locked, match="kim holds it for a deploy")
    with locks.held(BLOG, "deploy", "kim"), refused, locks.held(BLOG, "promote", "lee", wait=0.1):
        pass
    with locks.held(BLOG, "promote", "lee"):
        assert locks.holder(BLOG)["by"] == "lee"


def test_nothing_is_left_of_a_lock_that_nobody_holds(locks: FileLocks, tmp_path: Path) -> None:
    with locks.held(BLOG, "deletion", "kim"):
        assert names_in(tmp_path) == ["blog-production.holder", "blog-production.lock"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert names_in(tmp_path) == []
    assert locks.holder(BLOG) == {}


def test_who_will_not_wait_is_refused_at_once_and_takes_no_place(locks: FileLocks, tmp_path: Path) -> None:
    with locks.held(BLOG, "deploy", "kim"):
        with pytest.raises(Locked), locks.held(BLOG, "recovery", "recovery", wait=0):
            pass
        assert names_in(tmp_path) == ["blog-production.holder", "blog-production.lock"]


def test_other_environments_do_not_wait(locks: FileLocks) -> None:
    environments = [Environment.of(f"app{number}", name) for number in range(50) for name in ("production", "staging")]
    with ExitStack() as held:
        for environment in environments:
            held.enter_context(locks.held(environment, "deploy", environment.key, wait=0))
        assert [locks.holder(each)["by"] for each in environments] == [each.key for each in environments]


def test_names_that_begin_alike_have_queues_of_their_own(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path, SystemClock(), max_waiters=0)
    with locks.held(Environment.of("tiny"), "deploy", "kim"), locks.held(Environment.of("tiny-admin"), "deploy", "lee"):
        assert locks.holder(Environment.of("tiny"))["by"] == "kim"


def test_without_its_directory_a_lock_is_unavailable_and_not_free(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path / "missing", SystemClock())
    with pytest.raises(Unavailable, match="lock of blog"), locks.held(BLOG, "deploy", "kim"):
        pass
    assert locks.holder(BLOG) == {}


def test_a_holder_without_a_name_holds_all_the_same(locks: FileLocks, tmp_path: Path) -> None:
    (tmp_path / "blog-production.holder").mkdir()
    refused = pytest.raises(Locked, match="somebody")
    with locks.held(BLOG, "deploy", "kim"), refused, locks.held(BLOG, "deploy", "lee", wait=0):
        pass


def test_asking_who_holds_it_keeps_nobody_from_holding(locks: FileLocks) -> None:
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            locks.holder(BLOG)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        for _ in range(200):
            with locks.held(BLOG, "deploy", "kim", wait=0):
                assert locks.holder(BLOG)["by"] == "kim"
    finally:
        done.set()
        for asker in askers:
            asker.join()


def test_a_waiter_hears_each_new_place_and_who_is_at_it(locks: FileLocks, tmp_path: Path) -> None:
    with program(HOLD, tmp_path) as kim, ExitStack() as waiting:
        assert heard(kim) == "held"
        lee = waiting.enter_context(program(WAIT, tmp_path, "lee", 10))
        assert heard(lee) == "place 1 kim"
        noa = waiting.enter_context(program(WAIT, tmp_path, "noa", 10))
        assert heard(noa) == "place 2 kim"
        os.kill(lee.pid, signal.SIGKILL)
        assert heard(noa) == "place 1 kim"
        tell(kim, "leave")
        assert everything(noa) == []
    assert (tmp_path / "order").read_text().split("\n")[:-1] == ["noa in", "noa out"]


def test_twenty_processes_have_it_one_at_a_time_in_the_order_of_their_arrival(tmp_path: Path) -> None:
    names = [f"w{number}" for number in range(20)]
    with program(HOLD, tmp_path) as holder, ExitStack() as started:
        assert heard(holder) == "held"
        waiters = []
        for place, name in enumerate(names, 1):
            waiters.append(started.enter_context(program(WAIT, tmp_path, name, 20)))
            assert heard(waiters[-1]) == f"place {place} kim"
        tell(holder, "leave")
        for waiter in waiters:
            everything(waiter)
    order = (tmp_path / "order").read_text().split("\n")[:-1]
    assert order == list(itertools.chain.from_iterable((f"{name} in", f"{name} out") for name in names))
    assert names_in(tmp_path) == ["order"]


RUSH = """
sys.stdin.readline()
locks = FileLocks(directory, SystemClock(), max_waiters=20)
for _ in range(5):
    with locks.held(BLOG, "deploy", "anyone"):
        handle = os.open(directory / "inside", os.O_CREAT | os.O_EXCL)
        os.close(handle)
        assert locks.holder(BLOG)["pid"] == os.getpid()
        (directory / "inside").unlink()
        say("been inside")
"""


def test_twenty_processes_at_once_are_never_two_inside(tmp_path: Path) -> None:
    with ExitStack() as started:
        rushing = [started.enter_context(program(RUSH, tmp_path)) for _ in range(20)]
        for each in rushing:
            tell(each, "go")
        assert [len(everything(each)) for each in rushing] == [5] * 20
    assert names_in(tmp_path) == []


def test_a_killed_holder_lets_the_next_in_and_is_shown_no_more(locks: FileLocks, tmp_path: Path) -> None:
    with program(HOLD, tmp_path) as kim:
        assert heard(kim) == "held"
        with program(WAIT, tmp_path, "lee", 10) as lee:
            assert heard(lee) == "place 1 kim"
            os.kill(kim.pid, signal.SIGKILL)
            assert everything(lee) == []
    with program(HOLD, tmp_path) as kim:
        assert heard(kim) == "held"
        assert locks.holder(BLOG)["by"] == "kim"
        os.kill(kim.pid, signal.SIGKILL)
        kim.wait()
        assert (tmp_path / "blog-production.holder").exists()
        assert locks.holder(BLOG) == {}
    with locks.held(BLOG, "deploy", "noa", wait=0):
        assert locks.holder(BLOG)["by"] == "noa"


def test_killed_waiters_are_in_nobodys_way_and_take_up_no_place(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path, SystemClock(), max_waiters=3)
    with program(HOLD, tmp_path) as kim, ExitStack() as started:
        assert heard(kim) == "held"
        doomed = [started.enter_context(program(WAIT, tmp_path, f"d{number}", 3)) for number in range(3)]
        for each in doomed:
            assert heard(each).endswith("kim")
        for each in doomed:
            os.kill(each.pid, signal.SIGKILL)
            each.wait()
        places: list[int] = []

        def on_place(place: int, holder: Mapping[str, object]) -> None:
            places.append(place)
            tell(kim, "leave")

        with locks.held(BLOG, "deploy", "lee", on_place=on_place):
            assert places == [1]
    assert names_in(tmp_path) == []


def test_the_eleventh_waiter_is_refused_at_once(tmp_path: Path) -> None:
    with program(HOLD, tmp_path) as kim, ExitStack() as started:
        assert heard(kim) == "held"
        for number in range(10):
            waiter = started.enter_context(program(WAIT, tmp_path, f"w{number}", 10))
            assert heard(waiter) == f"place {number + 1} kim"
        with pytest.raises(Locked, match="kim"), FileLocks(tmp_path, SystemClock()).held(BLOG, "deploy", "lee"):
            pass


def test_nobody_waits_longer_than_the_longest_wait(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path, SystemClock(), max_wait=0.1)
    with locks.held(BLOG, "deploy", "kim"), pytest.raises(Locked), locks.held(BLOG, "deploy", "lee", wait=3600):
        pass
    assert names_in(tmp_path) == []


def test_a_listener_that_fails_leaves_the_queue(locks: FileLocks, tmp_path: Path) -> None:
    def gone(place: int, holder: Mapping[str, object]) -> None:
        raise ConnectionError("the client went away")

    with locks.held(BLOG, "deploy", "kim"):
        with pytest.raises(ConnectionError), locks.held(BLOG, "deploy", "lee", on_place=gone):
            pass
        assert names_in(tmp_path) == ["blog-production.holder", "blog-production.lock"]
