"""A committed request and answer per tool, as existing clients send them. ``python -m tests.exchanges`` records."""

from starlette.testclient import TestClient

from codeb.tools import registry
from codeb.tools.registry import TOOLS, UnknownTool
from tests.doors import House
from tests.exchanges.replay import play, recorded
from tests.exchanges.story import STORY


def test_each_call_is_answered_as_recorded(house: House, client: TestClient) -> None:
    different = {}
    for exchange, said in play(house, client):
        wanted = recorded(exchange)
        if said != wanted:
            different[exchange.file] = (wanted, said)
    assert different == {}


def test_every_tool_has_an_exchange() -> None:
    called = set()
    for exchange in STORY:
        try:
            called.add(registry.find(exchange.tool).name)
        except UnknownTool:
            assert exchange.name == "unknown_tool"
    assert {tool.name for tool in TOOLS} - called == set()


def test_no_success_has_a_key_that_one_client_unwraps() -> None:
    """A client of the original takes the value of ``result`` for the whole answer."""
    for exchange in STORY:
        assert "result" not in recorded(exchange)["answer"], exchange.file


def test_a_refusal_says_what_is_wrong_and_has_a_word_for_machines() -> None:
    refused = [answer for each in STORY if not (answer := recorded(each)["answer"])["success"]]
    assert len(refused) >= 5
    for answer in refused:
        assert len(answer["error"].split()) >= 3, answer
        assert answer["code"].replace("_", "").isalpha()
