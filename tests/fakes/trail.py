"""Who is told of calls: a list each."""

from dataclasses import dataclass, field

from codeb.api.trail import Finished
from codeb.services.protocols.trail import StreamEvent


@dataclass
class FakeTrail:
    told: list[Finished] = field(default_factory=list)

    def __call__(self, done: Finished) -> None:
        self.told.append(done)


@dataclass
class FakeBroadcast:
    events: list[StreamEvent] = field(default_factory=list)

    def publish(self, event: StreamEvent) -> None:
        self.events.append(event)
