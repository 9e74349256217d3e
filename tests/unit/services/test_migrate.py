"""A migration runs once, before the promote, after a dump. Issue 4, "Migration command"."""

from datetime import timedelta

import pytest

from codeb.domain.events import EventKind
from codeb.domain.routing import Word
from codeb.domain.slot_refusals import MigrationBetween
from codeb.errors import Unavailable
from codeb.services.errors import DumpFailed, MigrationFailed, MigrationInterrupted
from codeb.services.protocols import ContainerSpec, Ran, Stop, never
from codeb.services.release_steps import DeployRequest
from tests.fakes.containers import Container
from tests.fakes.faults import Killed
from tests.unit.services.conftest import BLOG, ME, configure, release
from tests.world import World

URL = "postgres://blog:hunter2@db/blog"


@pytest.fixture
def migrating(world: World) -> World:
    """v1 in production, v2 deployed with a migration."""
    world.env(BLOG, {"DATABASE_URL": URL}, ME)
    release(world, "v1")
    configure(world, migrate=("node", "migrate.js"))
    world.deploy(DeployRequest(BLOG, "v2"), ME)
    return world


def test_it_runs_in_the_new_image_before_the_switch_with_a_dump_taken_first(migrating: World) -> None:
    deployment = migrating.slots.get(BLOG).green.release
    assert deployment is not None
    migrating.promote(BLOG, ME)
    (spec,) = migrating.runtime.once
    assert (spec.command, spec.image, spec.name) == (
        ("node", "migrate.js"),
        deployment.digest,
        "blog-production-migration",
    )
    assert spec.env["DATABASE_URL"] == URL
    assert migrating.dumps.taken == {deployment.deployment_id: URL}
    kinds = migrating.journal.kinds(BLOG)
    assert kinds.index(EventKind.MIGRATED) < len(kinds) - 1 - kinds[::-1].index(EventKind.INTENT)
    event = [e for e in migrating.journal.events(BLOG) if e.kind is EventKind.MIGRATED][-1]
    dump = f"/dumps/blog-production/{deployment.deployment_id}.dump"
    assert event.data["migration"] == {
        "at": "2026-11-24T12:00:00.000Z",
        "state": "done",
        "dump": dump,
        "dumps": [dump],
        "logs": "",
    }


def test_it_runs_once_however_often_its_release_is_promoted(migrating: World) -> None:
    migrating.promote(BLOG, ME)
    migrating.rollback(BLOG, ME, force=True)
    migrating.promote(BLOG, ME)
    migrating.promote(BLOG, ME)
    assert len(migrating.runtime.once) == 1


def test_a_migration_that_fails_leaves_traffic_where_it_was_and_names_the_dump(migrating: World) -> None:
    migrating.runtime.ran = Ran(1, "column exists")
    with pytest.raises(MigrationFailed, match=r"exit code 1; the dump of before is /dumps/.*\.dump") as refused:
        migrating.promote(BLOG, ME)
    assert refused.value.logs == "column exists"
    assert migrating.proxy.words[BLOG] is Word.BLUE
    migrating.runtime.ran = Ran(0, "")
    assert migrating.promote(BLOG, ME).changed, "and may be tried again"


def test_without_its_dump_nothing_is_migrated(migrating: World) -> None:
    migrating.dumps.fails = DumpFailed("no PostgreSQL answers")
    with pytest.raises(DumpFailed):
        migrating.promote(BLOG, ME)
    assert migrating.runtime.once == []


def test_a_project_without_a_database_here_is_migrated_without_a_dump(world: World) -> None:
    configure(world, migrate=("./migrate",))
    release(world, "v1")
    assert (len(world.runtime.once), world.dumps.taken) == (1, {})


def test_the_way_back_across_a_migration_wants_force(migrating: World) -> None:
    migrating.promote(BLOG, ME)
    with pytest.raises(MigrationBetween):
        migrating.rollback(BLOG, ME)
    with pytest.raises(MigrationBetween):
        migrating.rollback_to(BLOG, migrating.history.deployments("blog", None, 9)[-1].id, ME)
    assert migrating.rollback(BLOG, ME, force=True).changed


def test_after_a_migration_the_grace_slot_never_takes_over_by_itself(migrating: World) -> None:
    migrating.promote(BLOG, ME)
    migrating.upkeep()
    assert migrating.proxy.words[BLOG] is Word.GREEN


def test_a_migration_whose_end_nobody_saw_is_not_run_again_unasked(migrating: World) -> None:
    def die(spec: ContainerSpec, timeout: int, stop: Stop = never) -> Ran:
        migrating.faults.dead = True
        raise Killed

    real, migrating.runtime.run_once = migrating.runtime.run_once, die  # type: ignore[method-assign]
    with pytest.raises(Killed):
        migrating.promote(BLOG, ME)
    migrating.faults.reborn()
    migrating.runtime.run_once = real  # type: ignore[method-assign]
    with pytest.raises(MigrationInterrupted, match="promote with `force`"):
        migrating.promote(BLOG, ME)
    assert migrating.proxy.words[BLOG] is Word.BLUE
    assert migrating.promote(BLOG, ME, force=True).changed


def test_a_migration_that_was_done_and_not_recorded_with_its_slot_is_not_run_again(migrating: World) -> None:
    begun = migrating.faults.ticks
    migrating.promote(BLOG, ME)
    effects = migrating.faults.ticks - begun
    for boundary in range(1, effects + 1):
        world = World()
        world.init_project("blog", ME)
        release(world, "v1")
        configure(world, migrate=("node", "migrate.js"))
        world.deploy(DeployRequest(BLOG, "v2"), ME)
        world.faults.countdown = boundary
        with pytest.raises(Killed):
            world.promote(BLOG, ME)
        world.faults.reborn()
        ran = len(world.runtime.once)
        try:
            world.promote(BLOG, ME)
        except MigrationInterrupted:
            assert ran <= 1, "nobody saw its end"
            continue
        assert len(world.runtime.once) == 1, f"boundary {boundary}"


def test_what_a_migration_that_was_cut_short_left_goes_with_the_next_use_case(migrating: World) -> None:
    spec = migrating.runtime.specs["blog-production-green"]
    pair = migrating.slots.get(BLOG)
    release_ = pair.green.release
    assert release_ is not None
    migrating.journal.append(
        BLOG,
        EventKind.MIGRATED,
        generation=pair.generation,
        by="me",
        why="begun",
        data={"deployment": release_.deployment_id, "migration": {"state": "begun"}},
    )
    migrating.runtime.containers["blog-production-migration"] = Container(release_.deployment_id, spec)
    migrating.maintenance(BLOG, ME, on=True)
    assert "blog-production-migration" not in migrating.runtime.running


def test_an_engine_that_goes_away_in_a_migration_leaves_its_end_open(migrating: World) -> None:
    def away(spec: ContainerSpec, timeout: int, stop: Stop = never) -> Ran:
        raise Unavailable("Docker Engine", "gone")

    real, migrating.runtime.run_once = migrating.runtime.run_once, away  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        migrating.promote(BLOG, ME)
    migrating.runtime.run_once = real  # type: ignore[method-assign]
    with pytest.raises(MigrationInterrupted):
        migrating.promote(BLOG, ME)


def test_a_candidate_that_was_replaced_before_its_migration_is_migrated_when_it_comes_back(migrating: World) -> None:
    never_promoted = migrating.slots.get(BLOG).green.release
    assert never_promoted is not None
    configure(migrating)
    release(migrating, "v3")
    migrating.rollback_to(BLOG, never_promoted.deployment_id, ME)
    assert len(migrating.runtime.once) == 1


def test_a_cold_rollback_over_a_migration_of_any_later_release_wants_force(migrating: World) -> None:
    first = migrating.history.deployments("blog", None, 9)[-1].id
    migrating.clock.pass_by(timedelta(minutes=1))
    migrating.promote(BLOG, ME)
    configure(migrating)
    release(migrating, "v3")
    with pytest.raises(MigrationBetween):
        migrating.rollback_to(BLOG, first, ME)
    assert migrating.rollback_to(BLOG, first, ME, force=True).changed
