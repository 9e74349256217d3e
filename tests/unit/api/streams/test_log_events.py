"""The API's own warnings and errors become events, and nothing else of its log does. Lessons 4 and 12; security 16."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import structlog

from codeb.adapters.audit.known import KnownSecrets
from codeb.api import log_context
from codeb.api.streams.hub import Hub
from codeb.api.streams.log_events import LogEvents
from codeb.api.streams.rights import may_see
from codeb.domain.access import AuthContext, Role
from codeb.services.actor import Actor
from codeb.services.protocols import Stop, never
from codeb.services.protocols.trail import StreamEvent
from tests.doors import House
from tests.fakes.memory import FakeMemory

SECRET = "hunter2-hunter2"
KEYS = {
    "team-a": AuthContext("key_a", "team-a", Role.VIEWER),
    "team-b": AuthContext("key_b", "team-b", Role.OWNER),
    "home": AuthContext("key_h", "operators", Role.OWNER),
    "platform": AuthContext("key_p", "operators", Role.OWNER, platform=True),
}


@dataclass
class Told:
    events: list[StreamEvent] = field(default_factory=list)

    def publish(self, event: StreamEvent) -> None:
        self.events.append(event)


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    for name, team in (("blog", "team-a"), ("shop", "team-b")):
        house.world.init_project(name, Actor("key_0", "api", team))
    return house


def configured(listener: LogEvents) -> None:
    structlog.configure(
        processors=[
            log_context.merged,
            structlog.processors.add_log_level,
            listener,
            structlog.testing.LogCapture(),
        ]
    )


@pytest.fixture
def listener(house: House) -> Iterator[LogEvents]:
    """In a chain like the API's. It tells ``told``."""
    known, world = KnownSecrets(), house.world
    known.add(SECRET)
    listener = LogEvents(Told())
    listener.begin(known.cover, FakeMemory(world.projects, world.slots, world.runtime).project)
    before = structlog.get_config()
    configured(listener)
    yield listener
    structlog.configure(**before)
    log_context.begin()


@pytest.fixture
def told(listener: LogEvents) -> list[StreamEvent]:
    assert isinstance(listener.hub, Told)
    return listener.hub.events


def test_warnings_and_errors_are_told_and_the_rest_is_not(told: list[StreamEvent]) -> None:
    log = structlog.get_logger()
    log.debug("no")
    log.info("request")
    log.warning("slow")
    log.error("broken")
    assert [(each.level, each.data["message"]) for each in told] == [("warn", "slow"), ("error", "broken")]
    assert {(each.kind, each.data["source"], each.team_id) for each in told} == {("log", "api", None)}


def test_nothing_is_told_before_it_is_known_what_is_secret() -> None:
    listener = LogEvents(told := Told())
    assert listener(None, "error", {"event": SECRET}) == {"event": SECRET}
    assert not told.events


@pytest.mark.parametrize(
    ("fields", "team"),
    [
        ({"project": "blog", "environment": "staging"}, "team-a"),
        ({"project": "shop"}, "team-b"),
        ({"environment": "shop-production"}, "team-b"),
        ({"environment": "shop (staging)"}, "team-b"),
        ({"container": "shop-preview-green"}, "team-b"),
        ({"projectName": "shop", "environment": "staging"}, "team-b"),
        ({"project": "gone"}, None),
        ({"environment": "the host"}, "team-a"),
        ({}, "team-a"),
    ],
)
def test_an_entry_belongs_to_the_team_of_its_project_else_to_that_of_the_request(
    told: list[StreamEvent], fields: dict[str, str], team: str | None
) -> None:
    log_context.begin(team_id="team-a", correlation_id="c0")
    structlog.get_logger().error("failed", reason="no room", **fields)
    (event,) = told
    assert event.team_id == team
    assert event.data["metadata"] == {
        "reason": "no room",
        "correlation_id": "c0",
        **({"container": fields["container"]} if "container" in fields else {}),
    }


def test_what_a_platform_key_caused_is_not_for_its_home_team(told: list[StreamEvent]) -> None:
    log_context.begin(team_id="operators", platform=True)
    log = structlog.get_logger()
    log.error("internal_error")
    log.error("failed", project="blog")
    seen = {name: [each.data["message"] for each in told if may_see(auth, each)] for name, auth in KEYS.items()}
    both = ["internal_error", "failed"]
    assert seen == {"team-a": ["failed"], "team-b": [], "home": [], "platform": both}


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"project": "blog", "environment": "staging", "slot": "blue"}, ("blog", "staging", "blue")),
        ({"environment": "blog-production"}, ("blog", "production", None)),
        ({"environment": "blog (production)"}, ("blog", "production", None)),
        ({"container": "blog-production-blue"}, ("blog", "production", "blue")),
        ({"environment": "moon", "slot": "red"}, (None, None, None)),
    ],
)
def test_the_filters_of_a_stream_find_it(
    told: list[StreamEvent], fields: dict[str, str], where: tuple[str | None, ...]
) -> None:
    structlog.get_logger().error("failed", **fields)
    (event,) = told
    assert (event.project, event.environment, event.slot) == where
    named = (event.data.get("projectName"), event.data.get("environment"), event.data.get("slot"))
    assert named == where


def test_only_fields_that_are_known_to_be_harmless_are_told(told: list[StreamEvent]) -> None:
    try:
        int("hunter2")
    except ValueError:
        structlog.get_logger().exception("internal_error", path="/hunter2", password="hunter2")
    assert len(told) == 1
    assert "hunter2" not in repr(told)


def test_a_secret_that_was_met_is_masked_wherever_it_stands(told: list[StreamEvent]) -> None:
    structlog.get_logger().warning(
        f"no {SECRET}", reason=f"password {SECRET} refused", effect=f"postgres://u:other@h/{SECRET}", what=[SECRET]
    )
    assert SECRET not in repr(told)
    assert told[0].data["metadata"]["reason"] == "password *** refused"
    assert "other" not in told[0].data["metadata"]["effect"]


def test_an_entry_that_cannot_be_told_is_written_all_the_same(listener: LogEvents) -> None:
    class Broken:
        def publish(self, event: StreamEvent) -> None:
            raise RuntimeError

    listener.hub = Broken()
    assert listener(None, "error", {"event": "x"}) == {"event": "x"}


def test_what_the_api_warns_of_is_read_from_its_stream(
    house: House, listener: LogEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener.hub = house.hub
    readers = {name: house.hub.subscribe(partial(may_see, auth), lambda: None) for name, auth in KEYS.items()}

    def pull(image: str, stop: Stop = never) -> str:
        structlog.get_logger().warning("pull_is_slow", environment="blog-production", reason=f"{SECRET}\x1b[2J\r\n")
        return f"{image}@sha256:{'1' * 64}"

    monkeypatch.setattr(house.world.runtime, "pull", pull)
    with house.client() as client:
        call = {"tool": "deploy", "params": {"projectName": "blog", "version": "v1"}}
        client.post("/api/tool", json=call, headers={"X-API-Key": house.key(team="operators", platform=True)})
    seen = {
        name: [each.content for each in reader.queue.take(99).items if b"pull_is_slow" in each.content]
        for name, reader in readers.items()
    }
    assert {name: len(each) for name, each in seen.items()} == {"team-a": 1, "team-b": 0, "home": 0, "platform": 1}
    (line,) = seen["team-a"]
    assert b'"reason":"***?[2J??"' in line
    assert SECRET.encode() not in line


def test_an_entry_reaches_the_hub_once() -> None:
    hub = Hub()
    listener = LogEvents(hub)
    listener.begin(KnownSecrets().cover, lambda name: None)
    listener(None, "warning", {"event": "x", "level": "warning"})
    assert hub.number == 1
