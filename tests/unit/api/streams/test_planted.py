"""No secret that the process has met is in any line of the stream, whoever wrote it. Spec section 6; lesson 4."""

import pytest

from codeb.api.streams.frames import plain
from codeb.api.streams.mark import Mark
from codeb.services.protocols.trail import StreamEvent
from tests.doors import House
from tests.unit.api.conftest import Tool

SECRET = "hunter2-hunter2"


def told(house: House) -> bytes:
    """All that was told so far, as a platform key would read it."""
    reader = house.hub.subscribe(lambda event: True, lambda: None, Mark(house.hub.epoch, 0))
    return b"".join(item.content for item in reader.queue.take(10_000).items)


@pytest.mark.parametrize("planted", [SECRET, "codeb_team-a_owner_abcdefghijklmnop"])
def test_what_was_pasted_in_the_wrong_place_is_masked(house: House, tool: Tool, planted: str) -> None:
    house.services.known.add(SECRET)
    tool(planted, status=404)
    tool("slot_status", projectName=planted)
    lines = told(house)
    assert b"Tool unknown failed" in lines
    assert b"Tool slot_status failed" in lines
    assert planted.encode() not in lines


def test_a_step_that_failed_quotes_no_secret(house: House, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    house.services.known.add(SECRET)

    def broken(image: str, *_: object) -> str:
        raise OSError(f"{SECRET} is no image")

    monkeypatch.setattr(house.world.runtime, "pull", broken)
    tool("deploy", projectName="blog", version="v1", status=500)
    assert b'"status":"failed"' in told(house)
    assert SECRET.encode() not in told(house)


@pytest.mark.parametrize("place", [0, 7_990, 7_999, 9_000])
def test_a_long_text_is_cut_and_shows_no_part_of_a_value(place: int) -> None:
    event = StreamEvent("deployment", "team-a", {"error": "x" * place + SECRET + "y" * 9_000})
    text = plain(event, lambda text: text.replace(SECRET, "***")).data["error"]
    assert len(text) == 8_000
    assert "hunter" not in text


def test_an_ordinary_line_costs_no_search() -> None:
    def cover(text: str) -> str:
        raise AssertionError(text)

    event = StreamEvent("log", "team-a", {"message": "Tool deploy succeeded"}, level="info")
    assert plain(event, cover) == event
