"""What a crash leaves is finished or undone. Design section 2."""

import pytest

from codeb.domain.deployment import DeploymentStatus
from codeb.domain.events import EventKind
from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word
from codeb.domain.slots import SlotState
from codeb.services.actor import Actor
from codeb.services.release_steps import DeployRequest
from tests.fakes.faults import Killed
from tests.unit.services.conftest import release
from tests.world import World

BLOG = Environment.of("blog")
ME = Actor("key_1", "cli", "team-a")


def crash_in_switch(world: World, *, renamed: bool) -> None:
    """A promote whose process dies: the journal has the intent and nothing after it."""
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    world.proxy.dies_after_rename = True
    with pytest.raises(KeyboardInterrupt):
        world.promote(BLOG, ME)
    world.proxy.dies_after_rename = False
    if not renamed:
        world.proxy.words[BLOG] = Word.EMPTY


def test_a_switch_that_had_moved_the_pointer_is_finished(world: World) -> None:
    crash_in_switch(world, renamed=True)
    world.recover()
    assert world.slots.get(BLOG).blue.state is SlotState.ACTIVE
    assert world.proxy.words[BLOG] is Word.BLUE
    assert world.journal.kinds(BLOG)[-1] is EventKind.DONE


def test_a_switch_that_had_not_moved_the_pointer_is_undone(world: World) -> None:
    crash_in_switch(world, renamed=False)
    world.recover()
    assert world.slots.get(BLOG).blue.state is SlotState.DEPLOYED
    assert world.proxy.words[BLOG] is Word.EMPTY
    assert world.journal.kinds(BLOG)[-1] is EventKind.UNDONE


def test_a_deploy_that_was_left_open_is_closed_and_its_slot_given_back(world: World) -> None:
    first = world.deploy(DeployRequest(BLOG, "v1"), ME).deployment_id
    world.runtime.wait_ready = _die  # type: ignore[method-assign,assignment]
    world.runtime.undo = lambda ticket: None  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        world.deploy(DeployRequest(BLOG, "v2"), ME)
    del world.runtime.undo
    findings = world.recover()
    latest = world.history.deployments("blog", None, 1)[0]
    assert latest.status is DeploymentStatus.FAILED
    assert world.runtime.running == {"blog-production-blue": first}
    assert any(latest.id in finding.what for finding in findings)


def _die(*args: object) -> None:
    raise SystemExit


def test_a_pointer_that_lies_is_put_right(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    world.promote(BLOG, ME)
    world.proxy.words[BLOG] = Word.GREEN
    (finding,) = world.recover()
    assert finding.mended
    assert world.proxy.words[BLOG] is Word.BLUE


def test_an_environment_that_somebody_works_on_is_left_alone(world: World) -> None:
    crash_in_switch(world, renamed=True)
    with world.locks.held(BLOG, "deploy", "somebody"):
        assert not world.recover()
    assert world.slots.get(BLOG).slot(SlotName.BLUE).state is SlotState.DEPLOYED


def test_a_healthy_world_has_nothing_to_recover(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    world.promote(BLOG, ME)
    lines = dict(world.journal.lines)
    assert not world.recover()
    assert world.journal.lines == lines


def test_a_rollback_that_recovery_ends_has_its_line_too(world: World) -> None:
    for version in ("v1", "v2"):
        release(world, version)
    begun = world.faults.ticks
    world.rollback(BLOG, ME, "slow")
    effects = world.faults.ticks - begun
    for boundary in range(1, effects + 1):
        other = World()
        other.init_project("blog", ME)
        for version in ("v1", "v2"):
            release(other, version)
        other.faults.countdown = boundary
        with pytest.raises(Killed):
            other.rollback(BLOG, ME, "slow")
        other.faults.reborn()
        other.recover()
        moved = other.slots.get(BLOG).blue.state is SlotState.ACTIVE
        assert bool(other.rollback_log.entries) is moved, f"boundary {boundary}"
        if moved:
            assert (other.rollback_log.entries[0]["reason"], other.rollback_log.entries[0]["teamId"]) == (
                "slow",
                "team-a",
            )
