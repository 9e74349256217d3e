"""A connection that is lost, a server that starts anew, a key that has used up its minute."""

import pytest
from playwright.sync_api import expect

from codeb.adapters.keys import RateLimit
from codeb.domain.access import Role
from tests.browser.console import Console
from tests.browser.served import Served

pytestmark = pytest.mark.integration


def test_it_is_said_and_goes_on_where_it_was(candidate: Served, console: Console) -> None:
    console.slots()
    expect(console.page.get_by_role("log")).to_contain_text("listens on port")
    lines = console.page.locator(".log .line").count()
    asked: list[str] = []
    console.page.on("request", lambda request: asked.append(request.headers.get("last-event-id", "")))
    candidate.stop()
    expect(console.page.locator(".stream")).to_have_text("connection lost, trying again")
    expect(console.page.get_by_text("The connection to the server is lost.")).to_be_visible()
    expect(console.slot("blue")).to_be_visible()
    candidate.start()
    expect(console.page.locator(".stream")).to_have_text("live")
    expect(console.page.get_by_text("The connection to the server is lost.")).to_have_count(0)
    assert any(asked), "the stream says which event it had last"
    texts = console.page.locator(".log .line").filter(has_text="listens on port")
    assert texts.count() <= lines, "no line comes twice"
    console.forgive("ERR_CONNECTION_REFUSED")
    console.complaints = [each for each in console.complaints if "ERR_" not in each]


def test_a_full_minute_is_waited_for(candidate: Served, console: Console) -> None:
    key = candidate.new_key(Role.VIEWER, limit=RateLimit(requests=3, window=4))
    console.enter(key, place="#/p/storefront/production")
    expect(console.page.get_by_text("Too many requests with this key.")).to_be_visible()
    expect(console.slot("blue")).to_be_visible()
    expect(console.page.get_by_role("button", name="Sign out")).to_be_visible()
    console.forgive("429")
