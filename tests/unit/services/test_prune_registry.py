"""Pruning the registry: what slots and rollbacks need stays, whatever its age."""

from datetime import timedelta

import pytest

from codeb.errors import Unavailable
from codeb.services.prune_registry import PruneRegistry
from codeb.services.release_steps import DeployRequest
from tests.unit.services.conftest import BLOG, ME, configure, release
from tests.world import World

MONTH = timedelta(days=30)


@pytest.fixture
def prune(world: World) -> PruneRegistry:
    assert world.use.prune_registry is not None
    return world.use.prune_registry


def grow_old(world: World, prune: PruneRegistry, time: timedelta = MONTH + timedelta(days=1)) -> None:
    """What is in the registry is seen, and then time passes."""
    prune(MONTH)
    world.clock.pass_by(time)


def digest_of(world: World, version: str) -> str:
    return world.runtime.look_up(f"registry.test:5000/blog:{version}").rpartition("@")[2]


def test_an_old_image_that_nobody_deployed_goes_and_a_second_run_removes_nothing(
    world: World, prune: PruneRegistry
) -> None:
    world.registry_images.push("blog", "sha256:old", "v0", children=["sha256:part"])
    grow_old(world, prune)
    pruned = prune(MONTH)
    assert (pruned.removed, pruned.stayed) == (("blog@sha256:old", "blog@sha256:part"), 0)
    assert world.registry_images.stored == {"blog": {}}
    assert prune(MONTH).removed == ()


def test_an_image_counts_from_when_it_was_first_seen(world: World, prune: PruneRegistry) -> None:
    world.registry_images.push("blog", "sha256:old", "v0")
    assert prune(MONTH).removed == ()
    world.clock.pass_by(timedelta(days=29))
    assert (prune(MONTH).removed, prune(MONTH).stayed) == ((), 1)


def test_a_new_tag_makes_an_image_young_again(world: World, prune: PruneRegistry) -> None:
    world.registry_images.push("blog", "sha256:old", "v0")
    grow_old(world, prune)
    world.registry_images.push("blog", "sha256:old", "v0", "v7")
    assert prune(MONTH).removed == ()


def test_what_a_slot_holds_stays(green: World, prune: PruneRegistry) -> None:
    configure(green, keep_images=0)
    for version in ("v1", "v2"):
        green.registry_images.push("blog", digest_of(green, version), version)
    green.registry_images.push("blog", "sha256:old", "v0")
    grow_old(green, prune, timedelta(days=900))
    assert prune(MONTH).removed == ("blog@sha256:old",)
    assert green.registry_images.stored["blog"].keys() == {digest_of(green, each) for each in ("v1", "v2")}


def test_what_a_rollback_may_want_stays(world: World, prune: PruneRegistry) -> None:
    configure(world, keep_images=1)
    for version in ("v1", "v2", "v3", "v4"):
        release(world, version)
        world.registry_images.push("blog", digest_of(world, version), version)
        world.clock.pass_by(timedelta(hours=1))
    grow_old(world, prune, timedelta(days=900))
    assert prune(MONTH).removed == (f"blog@{digest_of(world, 'v1')}",)


def test_what_was_deployed_lately_stays(world: World, prune: PruneRegistry) -> None:
    configure(world, keep_images=0)
    for version in ("v1", "v2", "v3"):
        world.registry_images.push("blog", digest_of(world, version), version)
    grow_old(world, prune)
    for version in ("v1", "v2", "v3"):
        release(world, version)
    assert prune(MONTH).removed == ()


def test_an_image_that_is_being_deployed_stays(world: World, prune: PruneRegistry) -> None:
    world.registry_images.push("blog", digest_of(world, "v1"), "v1")
    grow_old(world, prune)
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    assert prune(MONTH).removed == ()


def test_a_plan_removes_nothing_and_remembers_nothing(world: World, prune: PruneRegistry) -> None:
    world.registry_images.push("blog", "sha256:old", "v0")
    grow_old(world, prune)
    world.registry_images.push("blog", "sha256:new", "v9")
    seen = dict(world.sightings.known)
    planned = prune(MONTH, dry_run=True)
    assert (planned.removed, planned.stayed) == (("blog@sha256:old",), 1)
    assert world.registry_images.stored["blog"].keys() == {"sha256:old", "sha256:new"}
    assert world.sightings.known == seen


def test_a_repository_of_a_project_that_is_gone_is_emptied_in_time(world: World, prune: PruneRegistry) -> None:
    world.registry_images.push("gone", "sha256:left", "v1")
    grow_old(world, prune)
    assert prune(MONTH).removed == ("gone@sha256:left",)


def test_while_the_database_is_away_nothing_goes(world: World, prune: PruneRegistry) -> None:
    world.registry_images.push("blog", "sha256:old", "v0")
    grow_old(world, prune)
    world.projects.away = True
    with pytest.raises(Unavailable):
        prune(MONTH)
    assert world.registry_images.stored["blog"].keys() == {"sha256:old"}
