"""The watch flips traffic back when the new version is worse than the one before it. Issue 4, "Watch"."""

from datetime import timedelta

import pytest

from codeb.domain.routing import Word
from codeb.domain.watch import WatchLimits, Window, worse
from codeb.services.release_steps import DeployRequest
from tests.unit.services.conftest import BLOG, ME, configure, release
from tests.world import World

HOST = "blog.codeb.test"


@pytest.fixture
def watched(world: World) -> World:
    """v1 served for five minutes and well; v2 has just been promoted with a watch of five minutes."""
    configure(world, watch=WatchLimits(minutes=5))
    release(world, "v1")
    world.deploy(DeployRequest(BLOG, "v2"), ME)
    world.meter.serve(HOST, 0)
    look(world, 20, requests=100)
    world.promote(BLOG, ME)
    return world


def look(world: World, times: int, *, requests: int = 0, errors: int = 0, slow: int = 0) -> list[str]:
    """So many looks, 15 s apart, with so much traffic before each."""
    found = []
    for _ in range(times):
        world.clock.pass_by(timedelta(seconds=15))
        world.meter.serve(HOST, requests, errors=errors, slow=slow)
        found += [done.reason for done in world.watch()]
    return found


def test_a_version_that_errs_more_is_flipped_back_and_says_why(watched: World) -> None:
    (reason,) = look(watched, 4, requests=100, errors=10)
    assert "10.0% of the answers were errors (5xx), before the promote 0.0%" in reason
    assert watched.proxy.words[BLOG] is Word.BLUE
    assert "the watch flipped back" in str(watched.rollback_log.entries[0]["reason"])


def test_a_version_that_is_slower_by_more_than_allowed_is_flipped_back(watched: World) -> None:
    (reason,) = look(watched, 4, requests=100, slow=50)
    assert "the 95th percentile was up to 5000 ms, before the promote 100 ms" in reason
    assert watched.proxy.words[BLOG] is Word.BLUE


def test_a_version_as_good_as_before_stays(watched: World) -> None:
    assert look(watched, 30, requests=100) == []
    assert watched.proxy.words[BLOG] is Word.GREEN


def test_too_few_answers_say_nothing(watched: World) -> None:
    assert look(watched, 4, requests=2, errors=2) == []


def test_after_its_minutes_the_watch_is_over(watched: World) -> None:
    assert look(watched, 21, requests=10) == []
    assert look(watched, 10, requests=100, errors=100) == []
    assert watched.proxy.words[BLOG] is Word.GREEN


def test_a_proxy_that_began_to_count_anew_is_no_improvement_and_no_decline(watched: World) -> None:
    watched.meter.requests[HOST] = watched.meter.errors[HOST] = watched.meter.slow[HOST] = 0
    assert look(watched, 2, requests=100) == []


def test_where_the_way_back_is_closed_it_says_so_once(watched: World) -> None:
    watched.probe.sick.add(4100)
    assert len(look(watched, 4, requests=100, errors=50)) == 1
    assert watched.proxy.words[BLOG] is Word.GREEN


def test_a_project_without_a_watch_costs_no_look_at_the_proxy(world: World) -> None:
    release(world, "v1")
    world.meter.read = None  # type: ignore[method-assign,assignment]
    assert world.watch() == []


@pytest.mark.parametrize(
    ("before", "after", "is_worse"),
    [
        (Window(1000, 10, {}), Window(100, 2, {}), False),
        (Window(1000, 10, {}), Window(100, 4, {}), True),
        (Window(0, 0, {}), Window(100, 40, {}), False),
        (Window(0, 0, {}), Window(100, 60, {}), True),
        (Window(0, 0, {}), Window(19, 19, {}), False),
        (Window(100, 0, {0.1: 100, 1.0: 100}), Window(100, 0, {0.1: 94, 1.0: 100}), True),
        (Window(100, 0, {0.1: 100, 1.0: 100}), Window(100, 0, {0.1: 96, 1.0: 100}), False),
        (Window(100, 0, {0.1: 100}), Window(100, 0, {}), False),
    ],
)
def test_worse_is_a_share_of_errors_or_a_percentile_beyond_the_limit(
    before: Window, after: Window, is_worse: bool
) -> None:
    assert (worse(WatchLimits(), before, after) is not None) is is_worse


def test_a_maintenance_page_is_no_error_of_the_new_version(watched: World) -> None:
    look(watched, 2, requests=100)
    watched.maintenance(BLOG, ME, on=True)
    assert look(watched, 4, requests=100, errors=100) == []
    watched.maintenance(BLOG, ME, on=False)
    assert look(watched, 4, requests=100) == []
    assert watched.proxy.words[BLOG] is Word.GREEN


def test_a_server_that_was_started_since_flips_back_only_what_is_plainly_broken(watched: World) -> None:
    watched.watch.looks.clear()
    assert look(watched, 4, requests=100, errors=10) == []
    assert len(look(watched, 4, requests=100, errors=90)) == 1


def test_the_watch_gives_way_to_whoever_is_at_work_and_never_goes_back_to_another_release(watched: World) -> None:
    with watched.locks.held(BLOG, "deploy", "ann"):
        assert look(watched, 2, requests=100, errors=50) == []
    assert len(look(watched, 1, requests=100, errors=50)) == 1


def test_what_is_old_is_kept_sparsely_and_what_nobody_asks_for_is_forgotten(watched: World) -> None:
    for _ in range(600):
        watched.clock.pass_by(timedelta(seconds=3))
        watched.meter.serve(HOST, 10)
        watched.watch()
    assert len(watched.watch.looks) < 100
    assert all(look.traffic.keys() == {HOST} for look in watched.watch.looks)
