"""Any order of releases, clean-ups, pages and crashes keeps what CodeB promises. Spec section 2, "Invariants"."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import booleans, integers, none, one_of

from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word, word_for
from codeb.domain.slots import Slot, SlotPair, SlotState
from codeb.errors import CodebError
from codeb.services.actor import Actor
from codeb.services.errors import Unhealthy
from codeb.services.release_steps import DeployRequest
from tests.examples import examples
from tests.fakes.faults import Killed
from tests.world import World

BLOG = Environment.of("blog")
ME = Actor("key_1", "cli", "team-a")
CRASH = one_of(none(), integers(1, 30))
"""At which effect on the world the process dies, if it does."""


def serving_slots(word: Word | None) -> list[SlotName]:
    return [SlotName(part) for part in str(word).split("+") if part in tuple(SlotName)]


def check_traffic(world: World) -> None:
    """At every moment, also in the middle of a step: whoever may get a request runs, and was promoted."""
    for name in serving_slots(world.proxy.words.get(BLOG)):
        container = world.runtime.containers.get(BLOG.container(name))
        assert container is not None, f"{name} may get requests and has no container"
        assert container.running, f"{name} may get requests and does not run"
        assert container.deployment_id in _promoted(world), f"{name} may get requests and was never promoted"


def _promoted(world: World) -> set[str]:
    """Every deployment that a switch was meant to give the traffic."""
    found = set()
    for event in world.journal.events(BLOG):
        for key in ("deployment", "previous"):
            if isinstance(held := event.data.get(key), str):
                found.add(held)
    return found


def check_whole(world: World) -> None:
    """Between two use cases: record, pointer and containers tell the same story."""
    pair = world.slots.get(BLOG)
    assert world.proxy.words[BLOG] in (word_for(pair), word_for(pair, fallback=True))
    wanted = {BLOG.container(s.name): s.release.deployment_id for s in (pair.blue, pair.green) if s.release}
    assert world.runtime.running == wanted, "no orphan, and nothing missing"
    assert all(each.running for each in world.runtime.containers.values())
    assert not [each for each in world.history.deployments("blog", None, 1000) if each.open]
    assert world.slots.files.get(BLOG) in (None, pair)


class Releases(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.world.init_project("blog", ME)
        self.world.faults.watch = lambda: check_traffic(self.world)
        self.count = 0

    def attempt(self, use_case: Callable[[], object], crash: int | None) -> None:
        """Run it; it may refuse. A process that dies is followed by one that recovers, which may die too."""
        self.world.faults.countdown = crash
        try:
            use_case()
        except CodebError:
            pass
        except Killed:
            self.world.faults.reborn()
            self.recover()
        self.world.faults.reborn()

    def recover(self) -> None:
        assert all(finding.mended for finding in self.world.recover())

    @rule(crash=CRASH, sick=booleans(), force=booleans())
    def deploy(self, crash: int | None, sick: bool, force: bool) -> None:
        active = self.world.slots.get(BLOG).active
        self.count += not force
        self.world.runtime.fails = Unhealthy("blog", "boom") if sick else None
        request = DeployRequest(BLOG, f"v{self.count}", force=force)
        self.attempt(lambda: self.world.deploy(request, ME), crash)
        self.world.runtime.fails = None
        assert self.world.slots.get(BLOG).active == active, "a deploy never moves traffic"

    @rule(crash=CRASH)
    def promote(self, crash: int | None) -> None:
        before = self.world.slots.get(BLOG)
        self.attempt(lambda: self.world.promote(BLOG, ME), crash)
        self._before_or_after(before, before.candidate)

    @rule(crash=CRASH)
    def roll_back(self, crash: int | None) -> None:
        before = self.world.slots.get(BLOG)
        self.attempt(lambda: self.world.rollback(BLOG, ME, "why not"), crash)
        self._before_or_after(before, before.grace)

    def _before_or_after(self, before: SlotPair, wanted: Slot | None) -> None:
        now = self.world.slots.get(BLOG)
        if now.generation == before.generation:
            assert (now.blue, now.green) == (before.blue, before.green)
        elif wanted is not None:
            assert now.active is not None
            assert now.active.name is wanted.name
            assert now.active.release == wanted.release, "what was tested is what serves"

    @rule(back=integers(0, 5), crash=CRASH)
    def roll_back_cold(self, back: int, crash: int | None) -> None:
        known = self.world.history.deployments("blog", None, 100)
        if back < len(known):
            wanted = known[back].id
            self.attempt(lambda: self.world.rollback_to(BLOG, wanted, ME), crash)

    @rule(force=booleans(), crash=CRASH)
    def clean(self, force: bool, crash: int | None) -> None:
        active = self.world.slots.get(BLOG).active
        self.attempt(lambda: self.world.cleanup(BLOG, ME, force=force), crash)
        assert self.world.slots.get(BLOG).active == active, "clean-up never touches the active slot"

    @rule(on=booleans(), crash=CRASH)
    def maintain(self, on: bool, crash: int | None) -> None:
        self.attempt(lambda: self.world.maintenance(BLOG, ME, on=on), crash)

    @rule(hours=integers(1, 100), crash=CRASH)
    def pin(self, hours: int, crash: int | None) -> None:
        self.attempt(lambda: self.world.pin(BLOG, ME, hours=hours), crash)

    @rule(stale=booleans(), crash=CRASH)
    def keep_up(self, stale: bool, crash: int | None) -> None:
        self.world.proxy.stale = stale
        self.attempt(self.world.upkeep, crash)
        self.world.proxy.stale = False

    @rule(value=integers(1, 3))
    def change_variables(self, value: int) -> None:
        self.world.env(BLOG, {"VALUE": str(value)}, ME)

    @rule(hours=integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.world.clock.pass_by(timedelta(hours=hours))

    @invariant()
    def the_world_is_whole(self) -> None:
        check_traffic(self.world)
        check_whole(self.world)

    @invariant()
    def every_transition_says_who_and_why(self) -> None:
        assert all(event.by and event.why for event in self.world.journal.events(BLOG))

    @invariant()
    def generations_only_grow(self) -> None:
        settled = [event.generation for event in self.world.journal.events(BLOG) if "slots" in event.data]
        assert settled == sorted(settled)


Releases.TestCase.settings = settings(max_examples=examples(30), stateful_step_count=25, deadline=None)
TestReleases = Releases.TestCase


def _prepared() -> World:
    """v1 in grace on blue, v2 active on green with the fallback word."""
    world = World()
    world.init_project("blog", ME)
    for version in ("v1", "v2"):
        world.deploy(DeployRequest(BLOG, version), ME)
        world.promote(BLOG, ME)
    world.upkeep()
    assert world.proxy.words[BLOG] is Word.GREEN_BLUE
    world.faults.watch = lambda: check_traffic(world)
    return world


USE_CASES: dict[str, Callable[[World], object]] = {
    "deploy": lambda world: world.deploy(DeployRequest(BLOG, "v3"), ME),
    "promote": lambda world: (world.rollback(BLOG, ME), world.promote(BLOG, ME)),
    "rollback": lambda world: world.rollback(BLOG, ME),
    "cleanup": lambda world: world.cleanup(BLOG, ME, force=True),
    "maintenance": lambda world: world.maintenance(BLOG, ME, on=True),
    "pin": lambda world: world.pin(BLOG, ME, hours=100),
    "upkeep": lambda world: (world.cleanup(BLOG, ME, force=True), world.upkeep()),
    "cold rollback": lambda world: world.rollback_to(BLOG, world.history.deployments("blog", None, 9)[-1].id, ME),
}


@pytest.mark.parametrize("name", USE_CASES)
def test_a_process_may_die_at_any_effect_and_the_next_use_case_finds_the_environment_whole(name: str) -> None:
    """Every boundary there is, one after the other, and then a recovery; without one the next deploy mends it."""
    whole = _prepared()
    begun = whole.faults.ticks
    USE_CASES[name](whole)
    effects = whole.faults.ticks - begun
    assert effects > 0
    for boundary in range(1, effects + 1):
        world = _prepared()
        world.faults.countdown = boundary
        with pytest.raises(Killed):
            USE_CASES[name](world)
        world.faults.reborn()
        if boundary % 2:
            assert all(finding.mended for finding in world.recover())
        else:
            world.deploy(DeployRequest(BLOG, "v4", force=True), ME)
        check_traffic(world)
        check_whole(world)
        assert not [f for f in world.recover()], f"boundary {boundary}: a second recovery finds nothing"
        states = {world.slots.get(BLOG).blue.state, world.slots.get(BLOG).green.state}
        assert SlotState.ACTIVE in states
