"""The slots of an environment as ``codeb status --json`` tells them, and which of them holds a release."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codeb.domain.slots import SlotState
from deploys.releases import Release

_SILENT = "codeb status said nothing: is this the app host, and is the platform on it?"


@dataclass(frozen=True, slots=True)
class Held:
    """A slot with a release in it. ``image`` and ``digest`` are whole references."""

    name: str
    state: SlotState
    version: str
    image: str
    digest: str
    deployment: str
    running: bool

    @property
    def active(self) -> bool:
        return self.state is SlotState.ACTIVE

    @property
    def grace(self) -> bool:
        return self.state is SlotState.GRACE

    def holds(self, wanted: Release) -> bool:
        return wanted.image in (self.image, self.digest) if wanted.image else wanted.version == self.version


@dataclass(frozen=True, slots=True)
class Slots:
    """``problem`` is the sentence of a command that refused; there are no slots then."""

    held: tuple[Held, ...] = ()
    problem: str = ""

    def holding(self, wanted: Release) -> Held | None:
        """Of two that hold it, the one with the traffic."""
        found = [slot for slot in self.held if slot.holds(wanted)]
        return min(found, key=lambda slot: not slot.active, default=None)


def parse(lines: Sequence[str]) -> Slots:
    """The answer among whatever else was printed, warnings for instance."""
    answers = [answer for line in lines if (answer := _answer(line)) is not None]
    if not answers:
        return Slots(problem="\n".join(lines).strip() or _SILENT)
    answer = answers[-1]
    if not answer["success"]:
        return Slots(problem=str(answer.get("error") or _SILENT))
    records = [(answer["data"][name], slot) for name, slot in answer["slots"].items()]
    return Slots(tuple(_held(record, running=slot["running"]) for record, slot in records if record["deploymentId"]))


def _held(record: Mapping[str, Any], *, running: bool) -> Held:
    return Held(
        name=record["name"],
        state=SlotState(record["state"]),
        version=record["version"],
        image=record["image"],
        digest=record["digest"],
        deployment=record["deploymentId"],
        running=running,
    )


def _answer(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "success" in found else None
