"""Any order of releases, clean-ups, pages and deaths keeps what CodeB promises, on real parts. Issue 4, section 6.

The same rules as ``tests/unit/services/test_release_machine.py`` has on fakes, in fewer and shorter sequences.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from hypothesis.strategies import integers, none, one_of, sampled_from

from codeb.adapters.clock import SystemClock
from codeb.bootstrap import Services
from codeb.domain.names import Environment, SlotName
from codeb.domain.slots import Slot, SlotPair, SlotState, held_id
from codeb.errors import CodebError
from codeb.services.release_steps import DeployRequest
from tests.integration.mortal import Act, carry_out, recover
from tests.integration.onlooker import onlooker, told, told_by
from tests.integration.platform import ME, Platform, assert_whole, held_by

pytestmark = pytest.mark.integration

RELEASES = (
    "deploy",
    "promote",
    "roll_back",
    "roll_back_cold",
    "clean",
    "maintain",
    "pin",
    "keep_up",
)
CRASH = one_of(none(), integers(1, 8), integers(1, 24))
"""At which effect on the world the process dies, if it does; a deploy has more of them than a switch."""
AGAIN = one_of(none(), integers(1, 8))
"""The same for the first recovery after that."""
FEW = settings(
    max_examples=8,
    stateful_step_count=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
"""Nothing is made smaller: on real parts that takes hours. The sequence is printed as it was."""

GOOD, BAD = ("v1", "v2", "v3"), ("sick", "crash")
_numbers = count(1)


def deploy(request: DeployRequest, services: Services) -> None:
    services.deploy(request, ME)


def promote(environment: Environment, services: Services) -> None:
    services.promote(environment, ME)


def roll_back(environment: Environment, services: Services) -> None:
    services.rollback(environment, ME, "why not")


def roll_back_cold(environment: Environment, wanted: str, services: Services) -> None:
    services.rollback_to(environment, wanted, ME)


def clean(environment: Environment, force: bool, services: Services) -> None:
    services.cleanup(environment, ME, force=force)


def maintain(environment: Environment, on: bool, services: Services) -> None:
    services.maintenance(environment, ME, on=on)


def pin(environment: Environment, hours: int, services: Services) -> None:
    services.pin(environment, ME, hours=hours)


def keep_up(services: Services) -> None:
    assert all(finding.mended for finding in services.upkeep())


def later(ahead: timedelta, act: Act, services: Services) -> object:
    """``act`` in a process whose clock is ahead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemClock, "now", lambda _: datetime.now(UTC) + ahead)
        return act(services)


@dataclass
class House:
    """What outlives the sequences: the host, this process's view of it, and what was done."""

    platform: Platform
    services: Services
    ahead: timedelta = timedelta()
    done: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def the_house(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with platform.opened() as services:
        house = House(platform, services)
        monkeypatch.setattr(SystemClock, "now", lambda _: datetime.now(UTC) + house.ahead)
        yield house


def test_any_order_of_use_cases_and_deaths_keeps_every_promise(
    the_house: House, record_property: Callable[[str, object], None]
) -> None:
    class Here(Releases):
        house = the_house

    run_state_machine_as_test(Here, settings=FEW)
    record_property("done", dict(the_house.done))
    for name in RELEASES:
        assert the_house.done[name], f"no sequence had a {name} that changed anything: {the_house.done}"
    assert the_house.done["killed"] >= 10
    assert the_house.done["killed again"] >= 1


class Releases(RuleBasedStateMachine):
    """Begins with v2 in production and v1 in grace, so that every rule has something to do."""

    house: ClassVar[House]

    def __init__(self) -> None:
        super().__init__()
        self.services = self.house.services
        self.environment = Environment.of(f"blog-{next(_numbers)}")
        self.house.ahead = timedelta()
        self.again: int | None = None
        self.services.init_project(self.environment.project, ME)
        for version in ("v1", "v2"):
            self.house.platform.release(self.services, self.environment, version)

    def teardown(self) -> None:
        project = self.environment.project
        self.services.delete_project(project, ME, confirm=project)
        assert held_by(self.services, self.environment) == []

    @property
    def pair(self) -> SlotPair:
        return self.services.status.slots.get(self.environment)

    def attempt(self, name: str, act: Act, crash: int | None) -> tuple[SlotPair, SlotPair]:
        """The slots before and after it; it may refuse. A process that dies is followed by one that recovers."""
        before = self.pair
        with onlooker(self.house.platform, self.environment) as seen:
            if crash is None:
                with_refusals(act, self.services)
            else:
                self.die(act, crash)
        after = self.pair
        self.house.done[name] += after != before
        once = [told_by(before), told_by(after)]
        assert seen in (once[:1], once[1:], once), f"{name}: visitors saw {seen}, and at most this is right: {once}"
        return before, after

    def die(self, act: Act, crash: int) -> None:
        """In the middle of ``act``, perhaps in the middle of recovery too, until a recovery comes to its end."""
        environ, ahead = self.house.platform.environ, self.house.ahead
        ended = carry_out(environ, partial(later, ahead, act), kill_at=crash)
        assert ended.exitcode in (0, -9)
        self.house.done["killed"] += ended.exitcode == -9
        if self.again is not None:
            ended = carry_out(environ, partial(later, ahead, recover), kill_at=self.again)
            assert ended.exitcode in (0, -9)
            self.house.done["killed again"] += ended.exitcode == -9
        recovered = carry_out(environ, partial(later, ahead, recover))
        assert (recovered.exitcode, recovered.refused) == (0, "")
        found = self.services.recover(dry_run=True)
        assert not [each for each in found if each.environment == self.environment], "a second recovery finds nothing"

    @rule(
        use_case=sampled_from((*RELEASES, "time_passes", "change_variables")),
        choice=integers(0, 9),
        crash=CRASH,
        again=AGAIN,
    )
    def step(self, use_case: str, choice: int, crash: int | None, again: int | None) -> None:
        """One rule for all: of rules Hypothesis leaves some out of each sequence, and here every sequence counts."""
        self.again = again
        getattr(self, use_case)(choice, crash)

    def deploy(self, choice: int, crash: int | None) -> None:
        version, force = (*GOOD, *BAD)[choice % 5], choice < 5
        image = self.house.platform.image(version)
        request = DeployRequest(self.environment, image=image, timeout=1 if version == "sick" else None, force=force)
        before, after = self.attempt("deploy", partial(deploy, request), crash)
        assert after.active == before.active, "a deploy never moves traffic"
        if version in BAD:
            assert (after.blue, after.green) == (before.blue, before.green), "a failed deploy gives the slot back"

    def promote(self, choice: int, crash: int | None) -> None:
        if self.pair.candidate is None:
            self.house.platform.deploy(self.services, self.environment, GOOD[choice % 3])
        before, after = self.attempt("promote", partial(promote, self.environment), crash)
        before_or_after(before, after, before.candidate)

    def roll_back(self, choice: int, crash: int | None) -> None:
        """With nothing to go back to now and then, which is refused."""
        if choice and self.pair.grace is None:
            self.promote(choice, None)
        before, after = self.attempt("roll_back", partial(roll_back, self.environment), crash)
        before_or_after(before, after, before.grace)

    def roll_back_cold(self, choice: int, crash: int | None) -> None:
        """To any deployment, one that failed included, which is refused."""
        known = self.services.history.deployments(self.environment.project, None, 100)
        others = [each.id for each in known if each.id != held_id(self.pair.active)]
        wanted = others[choice % len(others)]
        self.attempt("roll_back_cold", partial(roll_back_cold, self.environment, wanted), crash)

    def clean(self, choice: int, crash: int | None) -> None:
        before, after = self.attempt("clean", partial(clean, self.environment, choice > 2), crash)
        assert after.active == before.active, "clean-up never touches the active slot"

    def maintain(self, choice: int, crash: int | None) -> None:
        on = not self.pair.maintenance
        before, after = self.attempt("maintain", partial(maintain, self.environment, on), crash)
        assert (after.blue, after.green) == (before.blue, before.green)

    def pin(self, choice: int, crash: int | None) -> None:
        self.attempt("pin", partial(pin, self.environment, 10 * choice + 10), crash)

    def keep_up(self, choice: int, crash: int | None) -> None:
        """A grace ends after 48 hours, or when its pin does, and the next round ends its slot."""
        self.house.ahead += timedelta(hours=(0, 1, 50, 200)[choice % 4])
        before, after = self.attempt("keep_up", keep_up, crash)
        assert after.active == before.active, "upkeep never touches the active slot"

    def time_passes(self, choice: int, crash: int | None) -> None:
        self.house.ahead += timedelta(hours=10 * choice)

    def change_variables(self, choice: int, crash: int | None) -> None:
        self.services.env(self.environment, {"VALUE": str(choice % 3)}, ME)

    @invariant()
    def the_host_is_whole(self) -> None:
        pair = assert_whole(self.house.platform, self.services, self.environment)
        assert told(self.house.platform, self.environment) == told_by(pair)

    @invariant()
    def only_what_was_promoted_may_get_a_request(self) -> None:
        pair, word = self.pair, str(self.services.proxy.word(self.environment))
        assert [pair.blue.state, pair.green.state].count(SlotState.ACTIVE) <= 1
        for name in (SlotName(part) for part in word.split("+") if part in tuple(SlotName)):
            assert pair.slot(name).state in (SlotState.ACTIVE, SlotState.GRACE), f"the word is {word}"

    @invariant()
    def every_transition_says_who_and_why_and_generations_only_grow(self) -> None:
        events = self.services.delete_project.journal.events(self.environment)
        assert all(event.by and event.why for event in events)
        settled = [event.generation for event in events if "slots" in event.data]
        assert settled == sorted(settled)


def with_refusals(act: Act, services: Services) -> None:
    try:
        act(services)
    except CodebError:
        return


def before_or_after(before: SlotPair, after: SlotPair, wanted: Slot | None) -> None:
    if after.generation == before.generation:
        assert (after.blue, after.green) == (before.blue, before.green)
    else:
        assert after.active is not None
        assert wanted is not None
        assert (after.active.name, after.active.release) == (wanted.name, wanted.release), "what was tested serves"
