"""The API's own warnings and errors become events, and nothing else of its log does. Lessons 4 and 12."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import structlog

from codeb.api.streams.log_events import publish_log
from codeb.services.protocols.trail import StreamEvent


@dataclass
class Told:
    events: list[StreamEvent] = field(default_factory=list)

    def publish(self, event: StreamEvent) -> None:
        self.events.append(event)


@pytest.fixture
def told() -> Iterator[list[StreamEvent]]:
    """What is told of entries that pass through a chain like the API's."""
    told = Told()
    before = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            publish_log(told),
            structlog.testing.LogCapture(),
        ]
    )
    yield told.events
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()


def test_warnings_and_errors_are_told_and_the_rest_is_not(told: list[StreamEvent]) -> None:
    log = structlog.get_logger()
    log.debug("no")
    log.info("request")
    log.warning("slow")
    log.error("broken")
    assert [(each.level, each.data["message"]) for each in told] == [("warn", "slow"), ("error", "broken")]
    assert {(each.kind, each.data["source"], each.team_id) for each in told} == {("log", "api", None)}


def test_an_entry_belongs_to_the_team_whose_request_it_was(told: list[StreamEvent]) -> None:
    structlog.contextvars.bind_contextvars(team_id="team-a", correlation_id="c0")
    structlog.get_logger().error("failed", project="blog", environment="staging", reason="no room")
    (event,) = told
    assert (event.team_id, event.project, event.environment, event.slot) == ("team-a", "blog", "staging", None)
    assert event.data["metadata"] == {"reason": "no room", "correlation_id": "c0"}
    assert event.data["projectName"] == "blog"


def test_only_fields_that_are_known_to_be_harmless_are_told(told: list[StreamEvent]) -> None:
    try:
        int("hunter2")
    except ValueError:
        structlog.get_logger().exception("internal_error", path="/hunter2", password="hunter2")
    assert len(told) == 1
    assert "hunter2" not in repr(told)
