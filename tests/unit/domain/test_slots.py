"""The slot machine under every order of events. Spec section 2."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import booleans, integers

from codeb.domain.names import Environment, SlotName
from codeb.domain.ports import PortPair
from codeb.domain.project import ProjectSettings
from codeb.domain.records import pair_from, pair_record
from codeb.domain.routing import Word, word_for
from codeb.domain.slot_refusals import GraceExpired, GracePinned, MigrationBetween, NoGrace, NothingToPromote, SlotInUse
from codeb.domain.slots import DEFAULT_GRACE, Release, Slot, SlotPair, SlotState
from tests.examples import examples

BLOG = Environment.of("blog")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def release(name: str, *, env: int = 1, **settings: Any) -> Release:
    digest = f"r/blog@sha256:{name}"
    return Release(f"dep_{name}", f"r/blog:{name}", digest, name, env, ProjectSettings(**settings), NOW, "me")


def fresh() -> SlotPair:
    return SlotPair.fresh(BLOG, PortPair(4100))


def with_grace() -> SlotPair:
    first = fresh().deployed(SlotName.BLUE, release("v1")).promoted(NOW, "me")
    return first.deployed(SlotName.GREEN, release("v2")).promoted(NOW, "me")


def test_the_first_deploy_goes_to_blue_and_the_next_to_the_other_slot() -> None:
    pair = fresh()
    assert pair.target.name is SlotName.BLUE
    pair = pair.deployed(SlotName.BLUE, release("v1"))
    assert pair.target.name is SlotName.BLUE, "none is active: the deployed one is replaced"
    assert pair.promoted(NOW, "me").target.name is SlotName.GREEN


def test_a_promote_gives_the_slot_before_it_48_hours() -> None:
    pair = with_grace()
    assert pair.green.state is SlotState.ACTIVE
    assert pair.blue.state is SlotState.GRACE
    assert pair.blue.grace_expires_at == NOW + timedelta(hours=48)


def test_a_rollback_gives_the_traffic_back_and_keeps_what_was_left() -> None:
    pair = with_grace().rolled_back(NOW, "me")
    assert (pair.blue.state, pair.green.state) == (SlotState.ACTIVE, SlotState.DEPLOYED)
    assert pair.rolled_back_from == pair.green
    with pytest.raises(NoGrace):
        pair.rolled_back(NOW, "me")


def test_an_expired_grace_cannot_get_the_traffic_back() -> None:
    with pytest.raises(GraceExpired, match="starts a recorded deployment anew"):
        with_grace().rolled_back(NOW + DEFAULT_GRACE, "me")


def test_the_active_slot_is_never_deployed_onto() -> None:
    with pytest.raises(SlotInUse):
        with_grace().deployed(SlotName.GREEN, release("v3"))


def test_nothing_to_promote_is_said() -> None:
    with pytest.raises(NothingToPromote):
        fresh().promoted(NOW, "me")


def test_a_live_grace_is_cleaned_by_force_only() -> None:
    pair = with_grace()
    with pytest.raises(SlotInUse, match="can take the traffic back"):
        pair.cleaned(NOW)
    assert pair.cleaned(NOW, force=True).blue.state is SlotState.EMPTY
    assert pair.cleaned(NOW + DEFAULT_GRACE).blue.state is SlotState.EMPTY


def test_two_active_slots_cannot_be_made() -> None:
    active = Slot(SlotName.BLUE, 4100, SlotState.ACTIVE, release("v1"))
    with pytest.raises(ValueError, match="two active"):
        SlotPair(BLOG, active, Slot(SlotName.GREEN, 4101, SlotState.ACTIVE, release("v2")))


class SlotMachine(RuleBasedStateMachine):
    """Any order of deploys, promotes, rollbacks and clean-ups keeps the invariants."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = fresh()
        self.now = NOW
        self.count = 0

    @rule()
    def deploy(self) -> None:
        self.count += 1
        target, active = self.pair.target, self.pair.active
        self.pair = self.pair.deployed(target.name, release(f"v{self.count}"))
        assert self.pair.active == active, "a deploy never moves traffic"

    @precondition(lambda self: self.pair.candidate is not None)
    @rule()
    def promote(self) -> None:
        candidate, active = self.pair.candidate, self.pair.active
        self.pair = self.pair.promoted(self.now, "me")
        assert self.pair.active is not None
        assert candidate is not None
        assert self.pair.active.release == candidate.release, "what was tested is what serves"
        assert (self.pair.grace is not None) == (active is not None)

    @precondition(lambda self: self.pair.grace is not None)
    @rule()
    def roll_back(self) -> None:
        grace = self.pair.grace
        assert grace is not None
        try:
            self.pair = self.pair.rolled_back(self.now, "me")
        except MigrationBetween:
            self.pair = self.pair.rolled_back(self.now, "me", force=True)
            assert self.pair.active is not None
            assert self.pair.active.release == grace.release
        except GraceExpired:
            assert grace.grace_expires_at is not None
            assert grace.grace_expires_at <= self.now
        else:
            assert self.pair.active is not None
            assert self.pair.active.release == grace.release

    @rule(force=booleans())
    def clean(self, force: bool) -> None:
        active = self.pair.active
        try:
            self.pair = self.pair.cleaned(self.now, force=force)
        except SlotInUse:
            return
        assert self.pair.active == active, "clean-up never touches the active slot"

    @rule(on=booleans())
    def maintain(self, on: bool) -> None:
        before = self.pair
        self.pair = self.pair.maintained(on=on)
        assert (self.pair.blue, self.pair.green) == (before.blue, before.green)

    @precondition(lambda self: self.pair.grace is not None)
    @rule(hours=integers(1, 100))
    def pin(self, hours: int) -> None:
        grace = self.pair.grace
        assert grace is not None
        try:
            self.pair = self.pair.pinned(self.now, self.now + timedelta(hours=hours), "me")
        except GraceExpired:
            return
        kept = self.pair.grace
        assert kept is not None
        assert kept.grace_expires_at is not None
        assert grace.grace_expires_at is not None
        assert kept.grace_expires_at >= grace.grace_expires_at, "a pin never shortens a grace"

    @precondition(lambda self: self.pair.candidate is not None)
    @rule()
    def migrate(self) -> None:
        self.pair = self.pair.migrated()

    @rule(hours=integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def at_most_one_active(self) -> None:
        states = [self.pair.blue.state, self.pair.green.state]
        assert states.count(SlotState.ACTIVE) <= 1

    @invariant()
    def the_word_never_names_an_unpromoted_slot(self) -> None:
        for fallback in (False, True):
            word = word_for(self.pair, fallback=fallback)
            for name in SlotName:
                if name in word:
                    assert self.pair.slot(name).state in (SlotState.ACTIVE, SlotState.GRACE)

    @invariant()
    def a_record_is_read_back_as_it_was(self) -> None:
        assert pair_from(pair_record(self.pair)) == self.pair


SlotMachine.TestCase.settings = settings(max_examples=examples(20), stateful_step_count=30, deadline=None)
TestSlotMachine = SlotMachine.TestCase


def test_the_word_follows_the_state() -> None:
    pair = with_grace()
    assert word_for(fresh()) is Word.EMPTY
    assert word_for(fresh().deployed(SlotName.BLUE, release("v1"))) is Word.EMPTY
    assert word_for(pair) is Word.GREEN
    assert word_for(pair, fallback=True) is Word.GREEN_BLUE
    assert Word.GREEN_BLUE.serving is SlotName.GREEN
    assert Word.MAINTENANCE.serving is None


def pair_of(old: Release, new: Release) -> SlotPair:
    """``old`` in grace on blue, ``new`` active on green."""
    first = fresh().deployed(SlotName.BLUE, old).promoted(NOW, "me")
    return first.deployed(SlotName.GREEN, new).promoted(NOW, "me")


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (release("v2", env=2), "old code with other variables"),
        (release("v2", health_path="/up"), "one check cannot judge both"),
        (release("v2", health_status=204), "one check cannot judge both"),
        (replace(release("v2"), migrated=True), "old code on a migrated database"),
    ],
)
def test_the_grace_slot_takes_over_by_itself_only_where_it_would_be_right(new: Release, why: str) -> None:
    pair = pair_of(release("v1"), new)
    assert pair.fallback is None, why
    assert word_for(pair, fallback=True) is Word.GREEN


def test_maintenance_hides_the_site_and_comes_before_every_slot() -> None:
    pair = with_grace().maintained(on=True)
    assert word_for(pair, fallback=True) is Word.MAINTENANCE
    assert word_for(pair.rolled_back(NOW, "me")) is Word.MAINTENANCE, "a release meanwhile does not end it"
    assert word_for(pair.maintained(on=False)) is Word.GREEN


def test_a_rollback_across_a_migration_wants_force() -> None:
    pair = pair_of(release("v1"), replace(release("v2"), migrated=True))
    with pytest.raises(MigrationBetween, match="dep_v2"):
        pair.rolled_back(NOW, "me")
    assert pair.rolled_back(NOW, "me", force=True).blue.state is SlotState.ACTIVE


def test_a_pinned_grace_is_not_deployed_over_without_force() -> None:
    pair = with_grace().pinned(NOW, NOW + timedelta(days=10), "ann")
    with pytest.raises(GracePinned, match="pinned by ann until 2026-12-04"):
        pair.require_deployable(NOW, force=False)
    pair.require_deployable(NOW, force=True)
    pair.require_deployable(NOW + timedelta(days=11), force=False)
    with_grace().require_deployable(NOW, force=False)


def test_the_same_pin_again_changes_nothing() -> None:
    pair = with_grace().pinned(NOW, NOW + timedelta(days=10), "ann")
    assert pair.pinned(NOW + timedelta(seconds=5), NOW + timedelta(days=10, seconds=5), "ann") is pair


def test_an_emptied_slot_remembers_the_settings_that_its_site_was_made_of() -> None:
    held = pair_of(release("v1", health_path="/up"), release("v2"))
    emptied = held.cleaned(NOW, force=True).blue
    assert emptied.release is None
    assert emptied.settings == ProjectSettings(health_path="/up")
