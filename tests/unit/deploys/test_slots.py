"""The slots as codeb tells them. The answer itself comes from the command in test_slot_operations.py."""

import json

import pytest

from codeb.domain.slots import SlotState
from deploys.releases import Release
from deploys.slots import Held, Slots, parse

BLUE = Held("blue", SlotState.GRACE, "v1", "r:5000/blog:v1", "r:5000/blog@sha256:1", "dep_1", running=False)
GREEN = Held("green", SlotState.ACTIVE, "v2", "r:5000/blog:v2", "r:5000/blog@sha256:2", "dep_2", running=True)
EMPTY = {"name": "green", "state": "empty", "version": None, "image": None, "digest": None, "deploymentId": None}


def answer(*slots: Held, empty: bool = False) -> str:
    records: dict[str, dict[str, str | None]] = {
        each.name: {
            "name": each.name,
            "state": str(each.state),
            "version": each.version,
            "image": each.image,
            "digest": each.digest,
            "deploymentId": each.deployment,
        }
        for each in slots
    }
    records |= {"green": EMPTY} if empty else {}
    running = {each.name: {"running": each.running} for each in slots} | (
        {"green": {"running": False}} if empty else {}
    )
    return json.dumps({"success": True, "data": records, "slots": running})


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([answer(BLUE, GREEN)], Slots((BLUE, GREEN))),
        ([answer(BLUE, empty=True)], Slots((BLUE,))),
        (["[warning] the database is away", answer(GREEN), "{}"], Slots((GREEN,))),
        (['{"success": false, "error": "no project"}', "Error: no project"], Slots(problem="no project")),
        (["Error: CODEB_DOMAIN is not set"], Slots(problem="Error: CODEB_DOMAIN is not set")),
        (["[1, 2]"], Slots(problem="[1, 2]")),
    ],
)
def test_an_answer_is_read_whatever_stands_around_it(lines: list[str], found: Slots) -> None:
    assert parse(lines) == found


def test_silence_is_a_problem_too() -> None:
    assert "is this the app host" in parse([]).problem


def test_of_two_slots_with_the_same_release_the_serving_one_counts() -> None:
    twin = Held("blue", SlotState.DEPLOYED, "v2", GREEN.image, GREEN.digest, "dep_3", running=True)
    wanted = Release.of(project="blog", version="v2")
    assert Slots((twin, GREEN)).holding(wanted) == GREEN
    assert Slots((twin,)).holding(wanted) == twin
    assert Slots((BLUE,)).holding(wanted) is None
