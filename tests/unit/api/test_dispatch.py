"""The one way in: what needs no thread, and what is told of every call. Design section 6; issue 5."""

import asyncio
from typing import Any

import pytest

from codeb.api.dispatch import Dispatch
from codeb.api.lanes import Lanes
from codeb.api.metrics import Metrics
from codeb.api.trail import Finished, Origin
from codeb.domain.access import AuthContext, Forbidden, Role
from codeb.domain.project import UnknownProject
from codeb.errors import CodebError, InvalidInput, Unavailable
from codeb.services.errors import Unhealthy
from codeb.tools.registry import UnknownTool
from tests.doors import House
from tests.fakes.memory import FakeMemory
from tests.fakes.trail import FakeBroadcast, FakeTrail

OWNER = AuthContext("key_1", "team-a", Role.OWNER)
STATUS = {"projectName": "blog"}


class Door:
    """A dispatch whose threads are counted."""

    def __init__(self, house: House) -> None:
        world = house.world
        self.memory = FakeMemory(world.projects, world.slots, world.runtime)
        object.__setattr__(house.services.status, "memory", self.memory)
        self.trail, self.broadcast, self.lanes = FakeTrail(), FakeBroadcast(), Lanes()
        self.dispatch = Dispatch(house.services, self.lanes, Metrics(), self.trail, self.broadcast)

    def __call__(self, name: str, params: dict[str, Any], auth: AuthContext = OWNER) -> dict[str, Any]:
        return asyncio.run(self.dispatch(name, params, auth, "api", Origin("127.0.0.1", "curl", "id-1")))

    def failing(self, name: str, params: dict[str, Any], auth: AuthContext = OWNER) -> BaseException:
        with pytest.raises(Exception) as raised:
            self(name, params, auth)
        return raised.value


@pytest.fixture
def door(house: House) -> Door:
    return Door(house)


def test_what_is_in_memory_is_answered_without_a_thread(door: Door) -> None:
    asyncio.run(door.lanes.finish())
    record = door("slot_status", {**STATUS, "useGhcr": True})
    assert (record["data"]["teamId"], record["ignored"]) == ("team-a", ["useGhcr"])


@pytest.mark.parametrize("part", ["projects", "slots", "containers"])
def test_what_is_not_in_memory_is_asked_on_a_thread_and_answers_the_same(door: Door, part: str) -> None:
    remembered = door("slot_status", STATUS)
    door.memory.forgotten = {part}
    assert door("slot_status", STATUS) == remembered
    asyncio.run(door.lanes.finish())
    assert isinstance(door.failing("slot_status", STATUS), Unavailable)


@pytest.mark.parametrize("forgotten", [set(), {"projects"}])
def test_a_project_of_another_team_does_not_exist_whoever_is_asked(door: Door, forgotten: set[str]) -> None:
    door.memory.forgotten = forgotten
    stranger, narrow = (
        AuthContext("key_2", "team-b", Role.OWNER),
        AuthContext("k", "team-a", Role.OWNER, projects=frozenset()),
    )
    assert isinstance(door.failing("slot_status", STATUS, stranger), UnknownProject)
    assert isinstance(door.failing("slot_status", STATUS, narrow), Forbidden)
    assert door("slot_list", {}, stranger)["total"] == door("slot_list", {}, narrow)["total"] == 0
    assert door("slot_list", {})["total"] == 3


def test_a_list_is_made_once_for_all_who_see_the_same_until_something_changes(
    door: Door, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As memory gives it: the very tuples of before while nothing has changed."""
    projects, pairs = tuple(house.world.projects.all()), house.world.slots.all()
    monkeypatch.setattr(door.memory, "projects", lambda: projects)
    monkeypatch.setattr(door.memory, "all_slots", lambda: pairs)
    colleague, platform = (
        AuthContext("key_9", "team-a", Role.VIEWER),
        AuthContext("k", "ops", Role.OWNER, platform=True),
    )
    stranger, narrow = (
        AuthContext("key_2", "team-b", Role.OWNER),
        AuthContext("k", "team-a", Role.OWNER, projects=frozenset()),
    )
    first = door("slot_list", {})
    assert door("slot_list", {}, colleague)["data"] is first["data"]
    assert [door("slot_list", {}, auth)["total"] for auth in (stranger, narrow, platform)] == [0, 0, 3]
    monkeypatch.setattr(door.memory, "all_slots", lambda: pairs[1:])
    assert door("slot_list", {})["total"] == 2
    monkeypatch.setattr(door.memory, "projects", lambda: ())
    assert door("slot_list", {})["total"] == 0


def test_an_engine_that_is_away_says_so_once_memory_has_nothing(
    door: Door, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(container: str) -> None:
        raise Unavailable("Docker Engine", "connection refused")

    door.memory.forgotten = {"containers"}
    monkeypatch.setattr(house.world.runtime, "observe", away)
    assert isinstance(door.failing("slot_status", STATUS), Unavailable)


def test_every_call_is_told_once_with_who_what_and_from_where(door: Door) -> None:
    record = door("slot_status", STATUS)
    (done,) = door.trail.told
    assert (done.tool, done.params, done.auth, done.success) == ("slot_status", STATUS, OWNER, True)
    assert done.origin == Origin("127.0.0.1", "curl", "id-1")
    assert done.result == record
    assert done.seconds > 0


def test_an_alias_is_told_under_the_tools_own_name(door: Door) -> None:
    door("full_health_check", {})
    assert door.trail.told[0].tool == "health_check"


@pytest.mark.parametrize(
    ("name", "params", "auth", "kind"),
    [
        ("frobnicate", {}, OWNER, UnknownTool),
        ("deploy", STATUS, AuthContext("key_3", "team-a", Role.VIEWER), Forbidden),
        ("slot_status", {}, OWNER, InvalidInput),
        ("promote", STATUS, OWNER, CodebError),
    ],
)
def test_a_refusal_is_told_once_as_well(
    door: Door, name: str, params: dict[str, Any], auth: AuthContext, kind: type[CodebError]
) -> None:
    error = door.failing(name, params, auth)
    (done,) = door.trail.told
    assert isinstance(error, kind)
    assert (done.success, done.result["error"]) == (False, str(error))


def test_a_crash_is_told_once_and_nothing_of_its_cause(
    door: Door, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst() -> None:
        raise KeyError("DATABASE_PASSWORD=hunter2")

    monkeypatch.setattr(house.world.slots, "all", burst)
    door.failing("slot_list", {})
    (done,) = door.trail.told
    assert done.result == {"success": False, "error": "KeyError", "code": "internal_error"}


def test_a_trail_that_breaks_breaks_no_call(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(self: FakeTrail, done: Finished) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(FakeTrail, "__call__", breaks)
    assert door("slot_status", STATUS)["data"]["projectName"] == "blog"


def test_a_call_is_an_entry_of_its_own_teams_log(door: Door) -> None:
    door("slot_status", {**STATUS, "environment": "staging"})
    (event,) = door.broadcast.events
    assert (event.kind, event.team_id, event.project, event.environment, event.level) == (
        "log",
        "team-a",
        "blog",
        "staging",
        "info",
    )
    assert event.data["message"] == "Tool slot_status succeeded"
    assert event.data["metadata"] == {
        "tool": "slot_status",
        "duration": event.data["metadata"]["duration"],
        "success": True,
    }


def test_what_the_platforms_own_key_does_is_no_teams_business(door: Door) -> None:
    door("slot_status", STATUS, AuthContext("key_9", "ops", Role.OWNER, platform=True))
    assert door.broadcast.events[0].team_id is None


def test_the_steps_of_a_deploy_go_to_the_team_of_its_project_as_they_happen(door: Door, house: House) -> None:
    house.world.runtime.fails = Unhealthy("blog-production-blue", "it ended with exit code 1")
    door.failing("deploy", STATUS, AuthContext("key_9", "ops", Role.OWNER, platform=True))
    *steps, last = door.broadcast.events
    assert {(event.kind, event.team_id, event.project) for event in steps} == {("deployment", "team-a", "blog")}
    told = [(event.data["step"]["name"], event.data["step"]["status"]) for event in steps]
    assert told[:2] == [("verify_project", "running"), ("verify_project", "success")]
    assert ("health_check", "failed") in told
    assert (last.kind, last.level, last.data["message"]) == ("log", "error", "Tool deploy failed")
