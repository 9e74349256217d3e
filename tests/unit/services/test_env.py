"""The variables' versions: nothing is lost, a restore is a write, a rotation can be stopped. Spec sections 6 and 7."""

from dataclasses import dataclass

import pytest

from codeb.domain.names import Environment
from codeb.domain.project import UnknownProject
from codeb.errors import InvalidInput, Unavailable
from codeb.services.actor import Actor
from codeb.services.env_restore import RestoreEnv, Wanted
from codeb.services.env_rotation import RotateEnvKey
from codeb.services.errors import EnvChanged, NothingToRestore, UnknownEnvVersion
from codeb.services.protocols import EnvVersion
from tests.fakes.envs import FakeEnvs, FakeVault
from tests.unit.services.conftest import BLOG, ME
from tests.world import World


@pytest.fixture
def world() -> World:
    world = World()
    world.init_project("blog", Actor("key_0", "api", "team-a"))
    return world


def store(world: World, *versions: dict[str, str]) -> None:
    for each in versions:
        world.env(BLOG, each, ME)


def test_variables_can_be_taken_away_by_name_while_the_others_stay(world: World) -> None:
    store(world, {"A": "1", "B": "1"})
    change = world.env(BLOG, {"C": "1"}, ME, merge=True, remove=["A", "UNKNOWN"])
    assert (change.set, change.removed, change.version) == (("C",), ("A",), 2)
    assert world.env(BLOG, {}, ME, merge=True, remove=["A"]).changed is False
    assert world.envs.current(BLOG) == EnvVersion(2, {"B": "1", "C": "1"})


def test_a_merge_beyond_what_an_environment_may_have_is_refused_and_stores_nothing(world: World) -> None:
    store(world, {f"A{number}": "" for number in range(999)})
    world.env(BLOG, {"B": ""}, ME, merge=True)
    with pytest.raises(InvalidInput, match="1001 variables"):
        world.env(BLOG, {"C": ""}, ME, merge=True)
    with pytest.raises(InvalidInput, match="1001 variables"):
        world.env.plan(BLOG, {"C": ""}, merge=True)
    assert world.envs.current(BLOG).version == 2


@pytest.mark.parametrize("wanted", [1, "master", "current", 2, 3])
def test_a_plan_says_what_the_restore_then_does(world: World, wanted: Wanted) -> None:
    store(world, {"A": "1"}, {"A": "2", "B": "1"}, {"A": "3"})
    planned = world.use.env_restore.plan(BLOG, wanted)
    assert world.envs.current(BLOG).version == 3
    assert world.use.env_restore(BLOG, wanted, ME) == planned


def test_a_restore_is_a_new_version_and_takes_nothing_away(world: World) -> None:
    store(world, {"A": "1"}, {"A": "2", "B": "1"}, {"A": "3"})
    done = world.use.env_restore(BLOG, 2, ME)
    assert (done.version, done.restored_from, done.keys) == (4, 2, ("A", "B"))
    assert [each.variables["A"] for each in world.envs.versions[BLOG]] == ["1", "2", "3", "2"]
    assert world.envs.made[BLOG, 4].restored_from == 2
    assert not world.use.env_restore(BLOG, 2, ME).changes


def test_master_is_the_state_before_the_last_write_and_a_second_call_changes_nothing(world: World) -> None:
    store(world, {"A": "1"}, {"A": "2"}, {"A": "3"})
    assert world.use.env_restore(BLOG, "master", ME).restored_from == 2
    again = world.use.env_restore(BLOG, "master", ME)
    assert (bool(again.changes), again.version) == (False, 4)
    store(world, {"A": "5"})
    assert world.use.env_restore(BLOG, "master", ME).restored_from == 4
    assert not world.use.env_restore(BLOG, "current", ME).changes


def test_what_there_is_nothing_to_go_back_to_is_refused(world: World) -> None:
    anything: tuple[Wanted, ...] = ("master", "current", 1)
    for wanted in anything:
        with pytest.raises(NothingToRestore, match="none is stored"):
            world.use.env_restore(BLOG, wanted, ME)
    store(world, {"A": "1"})
    with pytest.raises(NothingToRestore, match="version 1 is the first"):
        world.use.env_restore(BLOG, "master", ME)
    for number in (0, -1, 2):
        with pytest.raises(UnknownEnvVersion):
            world.use.env_restore(BLOG, number, ME)


@dataclass
class Hasty(FakeEnvs):
    """Somebody else stores a version between the look and the write."""

    hasty: bool = False

    def version(self, environment: Environment, number: int) -> EnvVersion:
        found = super().version(environment, number)
        if self.hasty:
            self.hasty = False
            self.write(environment, {"THEIRS": "1"}, "ann")
        return found


def test_a_restore_does_not_go_over_what_somebody_stored_in_between(world: World) -> None:
    envs = Hasty()
    for value in ("1", "2"):
        envs.write(BLOG, {"A": value}, "me")
    envs.hasty = True
    with pytest.raises(EnvChanged, match="version 3"):
        RestoreEnv(world.projects, envs)(BLOG, "master", ME)
    assert envs.current(BLOG).variables == {"THEIRS": "1"}


def test_the_history_says_of_every_version_which_names_it_changed_page_by_page(world: World) -> None:
    store(world, {"A": "1"}, {"A": "2", "B": "1"}, {"B": "1"})
    seen, before = [], None
    while True:
        entries, before = world.use.env_history(BLOG, before=before, limit=1)
        seen += [(each.stored.version, each.changes) for each in entries]
        if before is None:
            break
    whole, following = world.use.env_history(BLOG)
    assert seen == [(each.stored.version, each.changes) for each in whole]
    assert following is None
    names = [(each.changes.added, each.changes.changed, each.changes.removed) for each in whole if each.changes]
    assert names == [((), (), ("A",)), (("B",), ("A",), ()), (("A",), (), ())]


def test_two_versions_are_compared_by_default_the_newest_with_the_one_below(world: World) -> None:
    diff = world.use.env_diff
    assert (diff(BLOG).before, diff(BLOG).after) == (0, 0)
    store(world, {"A": "1"}, {"A": "2"}, {"A": "2", "B": "1"})
    assert (diff(BLOG).before, diff(BLOG).after, diff(BLOG).added, diff(BLOG).same) == (2, 3, ("B",), ("A",))
    assert diff(BLOG, 1).changed == ("A",)
    assert diff(BLOG, None, 1).added == ("A",)
    assert diff(BLOG, 3, 1).removed == ("B",)
    for wrong in ((4, None), (None, 4)):
        with pytest.raises(UnknownEnvVersion, match="no version 4"):
            diff(BLOG, *wrong)


def test_while_the_database_is_away_there_is_no_history_to_go_by(world: World) -> None:
    store(world, {"A": "1"}, {"A": "2"})
    world.envs.away = True
    assert world.env.get(BLOG).variables == {"A": "2"}
    for attempt in (
        lambda: world.env(BLOG, {"A": "3"}, ME),
        lambda: world.use.env_history(BLOG),
        lambda: world.use.env_diff(BLOG, 1, 2),
        lambda: world.use.env_restore(BLOG, 1, ME),
    ):
        with pytest.raises(Unavailable):
            attempt()


def test_an_unknown_project_has_no_history(world: World) -> None:
    gone = Environment.of("gone")
    for attempt in (
        lambda: world.use.env_history(gone),
        lambda: world.use.env_diff(gone),
        lambda: world.use.env_restore(gone, 1, ME),
    ):
        with pytest.raises(UnknownProject):
            attempt()


def rows(count: int, key: str = "old") -> dict[tuple[str, str, int], str]:
    return {("blog", "production", number): key for number in range(1, count + 1)}


def test_a_rotation_goes_on_where_a_stop_left_it_and_has_nothing_to_do_the_second_time() -> None:
    vault = FakeVault(rows(25), stops_after=2)
    rotate = RotateEnvKey(vault, batch=10)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    vault.stops_after = None
    assert (rotate.look().left, rotate.look().under_key, rotate.look().changed) == (5, 20, 0)
    assert (rotate().changed, rotate().changed) == (5, 0)
    assert set(vault.rows.values()) == {"new"}


def test_a_rotation_passes_over_what_no_key_opens_and_says_which_key_is_missing() -> None:
    vault = FakeVault(rows(25) | {("shop", "staging", 1): "lost", ("blog", "preview", 1): ""})
    vault.rows["blog", "production", 3] = "lost"
    rotate = RotateEnvKey(vault, batch=1)
    assert rotate.look().missing == {"lost": 2}
    done = rotate()
    assert (done.changed, done.under_key, done.left, done.missing) == (25, 25, 0, {"lost": 2})


def test_a_look_counts_what_a_server_stored_with_the_previous_key_since() -> None:
    vault = FakeVault(rows(2, "new") | {("a", "production", 1): "old"})
    assert RotateEnvKey(vault).look().left == 1
