"""The deploys under way and the disk of images, counted in memory."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from codeb.domain.names import Environment, SlotName
from codeb.domain.quotas import Share
from codeb.services.protocols.quotas import Allow, Underway

SINCE = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class FakePlace:
    places: "FakeDeployPlaces"
    team_id: str
    number: int

    def claim(self, slot: SlotName, share: Share, allow: Allow) -> None:
        allow(self.places.others(self.team_id, self.number))
        team, what = self.places.running[self.number]
        self.places.running[self.number] = (team, replace(what, slot=slot, share=share))


@dataclass
class FakeDeployPlaces:
    """``running`` by a number that is given once; ``counted`` is how many there ever were."""

    running: dict[int, tuple[str, Underway]] = field(default_factory=dict)
    counted: int = 0

    @contextmanager
    def taken(self, team_id: str, environment: Environment, by: str, allow: Allow) -> Iterator[FakePlace]:
        allow(self.underway(team_id))
        self.counted += 1
        number = self.counted
        self.running[number] = (team_id, Underway(environment, by, SINCE))
        try:
            yield FakePlace(self, team_id, number)
        finally:
            del self.running[number]

    def underway(self, team_id: str) -> Sequence[Underway]:
        return self.others(team_id, 0)

    def others(self, team_id: str, own: int) -> Sequence[Underway]:
        return [what for number, (team, what) in self.running.items() if team == team_id and number != own]


@dataclass
class FakeImageSizes:
    """``answers`` in the order of being asked, the last one again and again."""

    answers: list[int] = field(default_factory=lambda: [0])
    asked: list[Collection[str]] = field(default_factory=list)

    def image_bytes(self, repositories: Collection[str]) -> int:
        self.asked.append(repositories)
        return self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
