"""Promote, rollback and clean-up. Spec sections 2, 4, 5."""

from datetime import timedelta

import pytest

from codeb.domain.events import EventKind
from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word
from codeb.domain.slot_refusals import GraceExpired, NoGrace, NothingToPromote, SlotInUse
from codeb.domain.slots import SlotState
from codeb.services.actor import Actor
from codeb.services.errors import SwitchFailed, Unhealthy
from codeb.services.release_steps import DeployRequest
from tests.world import World

BLOG = Environment.of("blog")
ME = Actor("key_1", "cli", "team-a")


def test_a_promote_sends_the_traffic_to_what_was_tested_and_says_so(world: World) -> None:
    deployed = world.deploy(DeployRequest(BLOG, "v1"), ME)
    done = world.promote(BLOG, ME)
    assert world.proxy.words[BLOG] is Word.BLUE
    assert done.receipt is not None
    assert done.receipt.new == deployed.deployment_id
    assert done.receipt.record()["answeredSlot"] == "blue"
    assert done.url == "https://blog.codeb.test"


def test_a_switch_is_written_before_it_happens_and_after(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    world.promote(BLOG, ME)
    assert world.journal.kinds(BLOG)[-3:] == [EventKind.INTENT, EventKind.SWITCHED, EventKind.DONE]


def test_a_second_promote_changes_nothing(green: World) -> None:
    again = green.promote(BLOG, ME)
    assert (again.changed, again.active.name, again.receipt) == (False, SlotName.GREEN, None)


def test_nothing_deployed_is_nothing_to_promote(world: World) -> None:
    with pytest.raises(NothingToPromote):
        world.promote(BLOG, ME)


def test_a_sick_candidate_is_not_promoted(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    world.probe.sick.add(4100)
    with pytest.raises(Unhealthy, match="answered 500"):
        world.promote(BLOG, ME)
    assert world.proxy.words[BLOG] is Word.EMPTY


def test_a_switch_that_fails_leaves_the_slots_as_they_were(green: World) -> None:
    before = green.slots.get(BLOG)
    green.proxy.refuses = SwitchFailed(BLOG, SlotName.BLUE, "the probe was answered by green")
    with pytest.raises(SwitchFailed):
        green.rollback(BLOG, ME)
    assert green.slots.get(BLOG) == before


def test_a_refused_switch_is_undone_in_the_journal(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    site = world.addresses.site(world.projects.get("blog"), world.slots.get(BLOG))
    world.proxy.sites[BLOG] = site
    world.proxy.install = lambda *sites: False  # type: ignore[method-assign]
    world.proxy.refuses = SwitchFailed(BLOG, SlotName.BLUE, "no answer")
    with pytest.raises(SwitchFailed):
        world.promote(BLOG, ME)
    assert world.journal.kinds(BLOG)[-2:] == [EventKind.INTENT, EventKind.UNDONE]


def test_a_rollback_goes_back_without_starting_anything(green: World) -> None:
    running = dict(green.runtime.running)
    done = green.rollback(BLOG, ME, "v2 is slow\nsite { }")
    assert (done.active.name, done.changed) == (SlotName.BLUE, True)
    assert green.proxy.words[BLOG] is Word.BLUE
    assert green.runtime.running == running
    (entry,) = green.rollback_log.entries
    assert (entry["fromVersion"], entry["toVersion"]) == ("v2", "v1")


def test_a_rollback_right_after_a_rollback_changes_nothing(green: World) -> None:
    green.rollback(BLOG, ME)
    again = green.rollback(BLOG, ME)
    assert (again.changed, again.active.name) == (False, SlotName.BLUE)
    assert len(green.rollback_log.entries) == 1


def test_what_was_rolled_back_can_be_promoted_again(green: World) -> None:
    green.rollback(BLOG, ME)
    assert green.promote(BLOG, ME).active.name is SlotName.GREEN
    assert green.rollback(BLOG, ME).active.name is SlotName.BLUE


def test_without_a_grace_slot_there_is_no_way_back(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    world.promote(BLOG, ME)
    with pytest.raises(NoGrace):
        world.rollback(BLOG, ME)


def test_after_its_time_the_grace_slot_is_refused_and_then_cleaned_up(green: World) -> None:
    with pytest.raises(SlotInUse):
        green.cleanup(BLOG, ME)
    green.clock.pass_by(timedelta(hours=49))
    with pytest.raises(GraceExpired):
        green.rollback(BLOG, ME)
    gone = green.cleanup(BLOG, ME)
    assert gone is not None
    assert gone.name is SlotName.BLUE
    assert list(green.runtime.running) == ["blog-production-green"]
    assert green.cleanup(BLOG, ME) is None


def test_force_cleans_a_candidate_but_never_the_active_slot(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    world.promote(BLOG, ME)
    assert world.cleanup(BLOG, ME, force=True) is None
    world.deploy(DeployRequest(BLOG, "v2"), ME)
    assert world.cleanup(BLOG, ME) is None
    assert world.cleanup(BLOG, ME, force=True) is not None
    pair = world.slots.get(BLOG)
    assert (pair.blue.state, pair.green.state) == (SlotState.ACTIVE, SlotState.EMPTY)
