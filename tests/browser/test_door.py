"""Signing in and out: the key is in the page's memory, and nowhere that outlives it. Issue 7."""

import pytest
from playwright.sync_api import expect

from codeb.domain.access import Role
from tests.browser.console import Console
from tests.browser.served import Served

pytestmark = pytest.mark.integration
EVERYWHERE = """() => JSON.stringify([
    document.documentElement.outerHTML,
    [...document.querySelectorAll("input, textarea")].map((each) => each.value),
    location.href, document.cookie, document.title, history.state, window.name,
    {...localStorage}, {...sessionStorage},
])"""


def test_the_key_is_nowhere_once_one_is_inside(served: Served, console: Console) -> None:
    addresses: list[str] = []
    console.page.on("request", lambda request: addresses.append(request.url))
    console.slots()
    expect(console.page.locator("header")).to_contain_text("owner of console")
    for page in ("History", "Variables", "Audit", "Confirm for an assistant"):
        console.page.get_by_role("link", name=page, exact=True).click()
        assert served.key not in console.page.evaluate(EVERYWHERE)
    assert console.page.context.cookies() == []
    assert console.page.evaluate("() => indexedDB.databases()") == []
    assert len(addresses) > 10
    assert not any(served.key in each for each in addresses)
    assert {each.partition("//")[2].partition("/")[0] for each in addresses} == {served.address}, "nobody else is asked"


def test_a_reload_and_a_sign_out_forget_it(served: Served, console: Console) -> None:
    console.slots()
    console.page.reload()
    expect(console.page.get_by_label("API key")).to_have_value("")
    console.page.get_by_label("API key").fill(served.key)
    console.button("Sign in").click()
    console.button("Sign out").click()
    expect(console.page.get_by_label("API key")).to_have_value("")
    expect(console.page.get_by_label("API key")).to_be_focused()
    with console.page.expect_request("**/api") as asked:
        console.page.get_by_label("API key").fill("codeb_console_viewer_another")
        console.button("Sign in").click()
    assert asked.value.headers["x-api-key"] == "codeb_console_viewer_another", "the old one is gone"
    expect(console.page.get_by_role("alert")).to_contain_text("Invalid API key")
    console.forgive("401")


def test_what_is_no_key_is_not_sent(served: Served, console: Console) -> None:
    console.visit(served.url)
    console.page.on("request", lambda request: pytest.fail(f"{request.url} was asked"))
    console.page.get_by_label("API key").fill("hunter2")
    console.button("Sign in").click()
    expect(console.page.get_by_role("alert")).to_contain_text("codeb_TEAM_ROLE_TOKEN")
    expect(console.page.get_by_label("API key")).to_be_focused()


def test_a_key_that_is_revoked_leads_back_to_the_door(served: Served, console: Console) -> None:
    made = served.maker.create("console", Role.VIEWER, name="test", by="me")
    console.slots(made.text)
    served.maker.revoke(made.record["id"])
    expect(console.page.get_by_label("API key")).to_be_visible()
    expect(console.page.get_by_role("alert")).to_contain_text("Invalid API key Sign in with another key.")
    assert made.text not in console.page.evaluate(EVERYWHERE)
    console.forgive("401")
