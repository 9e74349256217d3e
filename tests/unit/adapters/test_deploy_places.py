"""Deploys under way, counted in files that their processes hold. Security 10."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from codeb.adapters.deploy_places import FileDeployPlaces
from codeb.domain.names import Environment, SlotName
from codeb.domain.quotas import Share
from codeb.errors import Refused, Unavailable
from codeb.services.protocols.quotas import Underway
from tests.fakes.records import FakeClock

BLOG, SHOP = Environment.of("blog"), Environment.of("shop")


class Full(Refused):
    pass


def anybody(others: Sequence[Underway]) -> None: ...


def at_most(number: int) -> "Counting":
    return Counting(number)


class Counting:
    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, others: Sequence[Underway]) -> None:
        if len(others) >= self.number:
            raise Full(f"{len(others)} are here")


@pytest.fixture
def places(tmp_path: Path) -> FileDeployPlaces:
    return FileDeployPlaces(tmp_path / "deploys", FakeClock())


def test_each_is_seen_by_the_others_of_its_team_until_it_ends(places: FileDeployPlaces) -> None:
    with places.taken("team-a", BLOG, "ann", anybody), places.taken("team-b", SHOP, "kim", anybody):
        assert places.underway("team-a") == [Underway(BLOG, "ann", FakeClock().now())]
        assert places.underway("team") == [], "a team whose name begins alike is another team"
    assert places.underway("team-a") == []
    assert list(places.directory.iterdir()) == []


def test_whoever_is_not_let_in_leaves_nothing(places: FileDeployPlaces) -> None:
    with places.taken("team-a", BLOG, "ann", at_most(1)):
        with pytest.raises(Full), places.taken("team-a", SHOP, "kim", at_most(1)):
            pass
        assert len(places.underway("team-a")) == 1
    with places.taken("team-a", SHOP, "kim", at_most(1)):
        pass


def test_a_claim_is_seen_by_the_others_and_one_that_is_refused_is_not(places: FileDeployPlaces) -> None:
    share = Share(memory=2**30, cpus=0.5, preview=True)
    with places.taken("team-a", BLOG, "ann", anybody) as place, places.taken("team-a", SHOP, "kim", anybody) as other:
        place.claim(SlotName.GREEN, share, at_most(2))
        with pytest.raises(Full):
            other.claim(SlotName.BLUE, share, at_most(1))
        claimed = {each.environment: (each.slot, each.share) for each in places.underway("team-a")}
    assert claimed == {BLOG: (SlotName.GREEN, share), SHOP: (None, None)}


def test_what_a_dead_process_left_counts_no_more_and_goes(places: FileDeployPlaces) -> None:
    with places.taken("team-a", BLOG, "ann", anybody):
        (held,) = places.directory.iterdir()
        (places.directory / "team-a.dead").write_bytes(held.read_bytes())
        assert len(places.underway("team-a")) == 1
        assert list(places.directory.iterdir()) == [held]


def test_of_twenty_at_once_as_many_come_in_as_may(places: FileDeployPlaces) -> None:
    start, decided = threading.Barrier(20), threading.Barrier(20)

    def one(_: int) -> bool:
        start.wait()
        with ExitStack() as held:
            try:
                held.enter_context(places.taken("team-a", BLOG, "ann", at_most(3)))
            except Full:
                return False
            finally:
                decided.wait()
            return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(20))) == 3


def test_a_directory_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    places = FileDeployPlaces(tmp_path / "file" / "deploys", FakeClock())
    with pytest.raises(Unavailable, match="count of deploys"), places.taken("team-a", BLOG, "ann", anybody):
        pass
