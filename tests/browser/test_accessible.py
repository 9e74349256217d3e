"""For those who hear the page, use the keyboard, or see it in the dark: WCAG 2.2 AA, as far as a program tells."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewConsole
from tests.browser.console import Console
from tests.browser.served import Served
from tests.browser.test_pages import PLACES

pytestmark = pytest.mark.integration
RULES = (Path(__file__).parent / "rules.js").read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_every_page_keeps_the_rules(candidate: Served, new_console: NewConsole, scheme: str, width: int) -> None:
    candidate.tool("promote", environment="production")
    console = new_console(color_scheme=scheme, viewport={"width": width, "height": 800})
    console.visit(candidate.url)
    assert console.page.evaluate(RULES) == []
    console.slots()
    for place, text in PLACES.items():
        console.page.evaluate("(place) => { location.hash = place; }", place)
        expect(console.page.locator("main")).to_contain_text(text)
        assert console.page.evaluate(RULES) == [], place
    console.page.evaluate("() => { location.hash = '#/p/storefront/production'; }")
    console.page.get_by_role("button", name=re.compile("^Roll back")).click()
    expect(console.dialog).to_contain_text("What will happen")
    assert console.page.evaluate(RULES) == []


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        ("document.querySelector('main').append(document.createElement('button'))", "no name"),
        ("document.querySelector('main').append(document.createElement('h4'))", "left out"),
        ("document.querySelector('h1').attributeStyleMap.set('color', '#888')", "contrast"),
        ("document.querySelector('input').removeAttribute('id')", "no name"),
        ("document.querySelector('main').replaceWith()", "not one main"),
    ],
)
def test_the_rules_find_what_breaks_them(served: Served, console: Console, breaks: str, says: str) -> None:
    console.visit(served.url)
    expect(console.page.get_by_label("API key")).to_be_visible()
    console.page.evaluate(f"() => {{ {breaks}; }}")
    assert any(says in each for each in console.page.evaluate(RULES))


def test_where_one_is_is_said_not_only_shown(candidate: Served, console: Console) -> None:
    console.slots()
    for navigation in ("Projects and tools", "Environments", "Pages of storefront production"):
        current = console.page.get_by_role("navigation", name=navigation).locator("[aria-current=page]")
        expect(current).to_have_count(1)
    expect(console.page.locator("h1")).to_be_focused()
    expect(console.page.get_by_text("has the traffic", exact=False).first).to_be_attached()
    expect(console.slot("blue").get_by_text(re.compile("traffic|Empty|Previous"))).to_be_visible()


def test_the_first_tab_skips_to_the_content(served: Served, console: Console) -> None:
    console.slots()
    console.page.get_by_role("link", name="Skip to the content").focus()
    console.page.keyboard.press("Enter")
    expect(console.page.locator("main")).to_be_focused()
    assert console.page.evaluate("() => location.hash") == "#/p/storefront/production"


def test_steps_are_said_as_they_come(candidate: Served, console: Console) -> None:
    console.slots()
    expect(console.page.locator(".stream")).to_have_text("live")
    candidate.deploy("v3")
    said = console.page.locator("#said")
    expect(said).to_have_attribute("aria-live", "polite")
    expect(said).to_have_text("update registry: success")


def test_nothing_moves_for_those_who_asked_for_that(new_console: NewConsole) -> None:
    console = new_console(reduced_motion="reduce")
    console.slots()
    moving = console.page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((each) => {
            const style = getComputedStyle(each);
            return style.animationName !== "none" || style.transitionDuration !== "0s";
        }).length"""
    )
    assert moving == 0
