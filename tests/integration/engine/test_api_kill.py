"""kill -9 of the API in the middle of what it was asked over HTTP, real parts, visitors all the while. Issue 4, 6."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.docker.engine import connect
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.keys import RateLimit
from codeb.bootstrap import Services
from codeb.domain.access import Role
from codeb.domain.names import Environment, SlotName
from tests.integration.mortal_server import AT_THE_ANSWER, Server
from tests.integration.platform import DOMAIN, Platform, assert_whole
from tests.integration.waiting import until
from tests.load import Visit, visitors

pytestmark = pytest.mark.integration

BLOG = Environment.of("blog")
SITE = BLOG.host(DOMAIN)
SLOTS = ("blue", "green")
DEATHS = 7
"""From the first effect of a tool to its last; one more is after all of them and before the answer."""

Held = tuple[str, str | None]
"""A slot's state and the deployment in it."""


@pytest.fixture
def server(platform: Platform) -> Iterator[Server]:
    """v1 in grace, v2 with the traffic, all by the API."""
    maker = KeyMaker(platform.caddy.directory / "registry", SystemClock())
    much = RateLimit(requests=100_000, window=60)
    server = Server(platform, maker.create("team-a", Role.OWNER, name="test", by="me", rate_limit=much).text)
    server.start()
    try:
        server.tool("workflow_init")
        for version in ("v1", "v2"):
            server.tool("deploy", image=platform.image(version))
            server.tool("promote")
        yield server
    finally:
        server.stop()


@pytest.fixture
def services(platform: Platform) -> Iterator[Services]:
    """The view of somebody beside the server."""
    with platform.opened() as services:
        yield services


@dataclass(frozen=True)
class Seen:
    """What the API says of the environment."""

    slots: dict[str, Held]
    maintenance: bool
    version: str = field(compare=False)
    running: dict[str, str] = field(compare=False)
    deployments: dict[str, str] = field(compare=False)

    @classmethod
    def by(cls, server: Server) -> "Seen":
        status = server.tool("slot_status")
        slots = {name: status["slots"][name] for name in SLOTS}
        listed = server.tool("deployment_list", limit=200)["deployments"]
        return cls(
            slots={name: (slot["status"], slot["deploymentId"]) for name, slot in slots.items()},
            maintenance=status["data"]["maintenance"],
            version=slots[status["activeSlot"]]["version"],
            running={slot["container"]: slot["deploymentId"] for slot in slots.values() if slot["running"]},
            deployments={each["id"]: each["status"] for each in listed},
        )

    def slot(self, state: str) -> str | None:
        return next((name for name, (held, _) in self.slots.items() if held == state), None)

    def switched(self, to: str, leaves: str) -> "Seen":
        states = {to: "active", "active": leaves}
        return replace(self, slots={name: (states.get(held, held), what) for name, (held, what) in self.slots.items()})

    def holding(self, name: str | None, held: Held) -> "Seen":
        return replace(self, slots={each: held if each == name else self.slots[each] for each in SLOTS})


def deployed(before: Seen, after: Seen) -> Seen:
    """With the newest deployment beside the active slot, if it was closed as a success."""
    new = [each for each in after.deployments if each not in before.deployments]
    if not new or after.deployments[new[0]] == "failed":
        return before
    (target,) = (name for name in SLOTS if name != before.slot("active"))
    return before.holding(target, ("deployed", new[0]))


def with_grace(server: Server, platform: Platform) -> None:
    seen = Seen.by(server)
    if seen.slot("grace") is None:
        if seen.slot("deployed") is None:
            server.tool("deploy", image=platform.image("v1"), force=True)
        server.tool("promote")


def with_candidate(server: Server, platform: Platform) -> None:
    if Seen.by(server).slot("deployed") is None:
        with_grace(server, platform)
        server.tool("rollback")


def open_to_all(server: Server, platform: Platform) -> None:
    server.tool("maintenance", enabled=False)


@dataclass(frozen=True)
class Case:
    """A tool, what has to be before it, and what it makes of what it finds."""

    params: dict[str, Any]
    prepare: Callable[[Server, Platform], None]
    done: Callable[[Seen, Seen], Seen]


CASES = {
    "deploy": Case({"force": True}, open_to_all, deployed),
    "promote": Case({}, with_candidate, lambda before, _: before.switched("deployed", leaves="grace")),
    "rollback": Case({}, with_grace, lambda before, _: before.switched("grace", leaves="deployed")),
    "maintenance": Case({}, open_to_all, lambda before, _: replace(before, maintenance=True)),
    "slot_cleanup": Case(
        {"force": True}, with_grace, lambda before, _: before.holding(before.slot("grace"), ("empty", None))
    ),
}


@pytest.mark.parametrize("tool", CASES)
def test_a_server_killed_while_it_works_is_whole_again_when_it_is_back(
    tool: str, platform: Platform, server: Server, services: Services, record_property: Callable[[str, object], None]
) -> None:
    case = CASES[tool]
    params = {**case.params, "image": platform.image("v3")} if tool == "deploy" else case.params
    case.prepare(server, platform)
    effects = server.effects_of(tool, **params)
    visit = Visit("127.0.0.1", platform.caddy.port, BLOG.host(DOMAIN), kept_alive=2, new_connections=1)
    with visitors(visit) as seen:
        for at in places(effects):
            case.prepare(server, platform)
            before = Seen.by(server)
            assert server.dies_of(tool, at, **params), f"it was to die at {at} of {effects}"
            server.start()
            after = looked_after(server)
            assert after in (before, case.done(before, after)), f"killed at {at} of {effects}"
            assert after == case.done(before, after) or at != AT_THE_ANSWER, "what was done stays done"
            assert_agreed(after, platform, services)
    record_property("deaths", f"{DEATHS + 1} at {effects} places, and {seen.report.requests} requests meanwhile")
    if tool == "maintenance":
        assert all("status 503" in each for each in seen.report.failures)
    else:
        assert seen.report.failures == []
    assert seen.report.requests > 20 * DEATHS


def places(effects: int) -> list[int]:
    """The first, the last, some between them, and the end of all."""
    return [1 + number * (effects - 1) // (DEATHS - 1) for number in range(DEATHS)] + [AT_THE_ANSWER]


def looked_after(server: Server) -> Seen:
    """Traffic and deployments are settled before it listens; containers nobody needs go in the moments after."""
    first = Seen.by(server)

    def agreed() -> Seen | None:
        seen = Seen.by(server)
        return seen if seen.running == recorded(seen) == on_the_engine() else None

    settled = until(agreed, "its containers are as recorded")
    assert settled is not None
    assert settled == replace(first, running=settled.running)
    return settled


def recorded(seen: Seen) -> dict[str, str]:
    return {BLOG.container(SlotName(name)): held for name, (_, held) in seen.slots.items() if held}


def assert_agreed(after: Seen, platform: Platform, services: Services) -> None:
    """API, engine and proxy, and then records, database and pointer too."""
    assert set(after.deployments.values()) <= {"success", "failed"}, "none is open"
    assert after.running == recorded(after)
    assert after.running == on_the_engine()
    answer = platform.ask(BLOG.host(DOMAIN))
    if after.maintenance:
        assert answer.status == 503
    else:
        assert (answer.status, answer.slot, answer.body) == (200, after.slot("active"), f"hello {after.version}\n")
    assert_whole(platform, services, BLOG)


def on_the_engine() -> dict[str, str]:
    client = connect()
    try:
        label = f"codeb.project={BLOG.project}"
        found = client.containers.list(all=True, filters={"label": label}, ignore_removed=True)
        return {str(each.name): each.labels["codeb.deployment"] for each in found}
    finally:
        client.close()
