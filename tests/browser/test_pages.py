"""History, variables, audit, and the code for an assistant: as a person finds them."""

import re

import pytest
from playwright.sync_api import Response, expect

from codeb.domain.access import KeyKind, Role
from tests.browser.conftest import NewConsole
from tests.browser.console import Console
from tests.browser.served import PROJECT, Served
from tests.integration.waiting import until

pytestmark = pytest.mark.integration
ATTACK = "<img src=x onerror=alert(1)><script>alert(1)</script>"
PLACES = {
    "#/p/storefront/production": "Latest deployment",
    "#/p/storefront/staging": "Nothing was deployed here yet.",
    "#/p/storefront/production/history": "Deployed",
    "#/p/storefront/production/variables": "Versions",
    "#/audit": "Through",
    "#/confirm": "What the assistant was answered",
}


def test_a_deployment_is_found_with_its_steps_and_receipt(candidate: Served, console: Console) -> None:
    candidate.tool("promote", environment="production")
    console.slots()
    console.page.get_by_role("link", name="History", exact=True).click()
    rows = console.page.get_by_role("table", name="Deployments").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("v2")
    rows.nth(1).get_by_role("link").click()
    expect(console.page.get_by_role("heading", name="Receipt of the promote")).to_be_visible()
    expect(console.page.locator(".steps li")).to_have_count(10)
    console.page.get_by_role("link", name="All deployments").click()
    console.page.get_by_role("link", name="v1").last.click()
    console.button("Bring this release back").click()
    expect(console.dialog).to_contain_text("What will happen")
    console.dialog.get_by_role("button", name="Bring v1 back").click()
    expect(console.dialog).to_contain_text("has the traffic of storefront, production.", timeout=60_000)
    active = candidate.tool("slot_status", environment="production")
    assert active["slots"][active["activeSlot"]]["version"] == "v1"
    made = candidate.tool("deployment_list", environment="production", limit=1)["deployments"][0]
    assert made["version"] in ("v1", "v2")


def test_variables_are_names_without_a_value(candidate: Served, console: Console) -> None:
    values = {"STRIPE_KEY": "sk_live_1234567890", "MODE": "quite-unusual-word"}
    candidate.tool("env_sync", environment="production", variables=values)
    bodies: list[str] = []

    def read(answer: Response) -> None:
        if answer.url.endswith("/api/tool"):
            bodies.append(answer.text())

    console.page.on("response", read)
    console.enter(place="#/p/storefront/production/variables")
    expect(console.page.get_by_role("listitem").filter(has_text="STRIPE_KEY")).to_contain_text("value is not shown")
    expect(console.page.get_by_role("table", name="Versions of the variables")).to_contain_text("MODE")
    console.page.wait_for_load_state("networkidle")
    assert bodies
    assert not [each for each in bodies if any(value in each for value in values.values())], "not even on the way"


def test_the_audit_is_read_in_pages(candidate: Served, console: Console) -> None:
    for _ in range(110):
        candidate.ask("slot_list")
    until(lambda: len(candidate.ask("audit_list", limit=200)["entries"]) > 100, "the calls are in the audit")
    console.enter(place="#/audit")
    rows = console.page.get_by_role("table", name="Calls of tools").get_by_role("row")
    expect(rows).to_have_count(51)
    console.button("Older calls").click()
    expect(rows).to_have_count(101)
    console.page.get_by_label("Tool", exact=True).fill("promote")
    console.button("Show").click()
    expect(rows.nth(1)).to_contain_text("promote")
    assert set(console.page.locator("tbody tr td:nth-child(2)").all_text_contents()) == {"promote"}


def test_a_person_fetches_the_code_for_an_assistant(candidate: Served, console: Console) -> None:
    assistant = candidate.new_key(Role.MEMBER, KeyKind.ASSISTANT)
    wanted = {"projectName": PROJECT, "environment": "production"}
    refused = candidate.ask("promote", key=assistant, **wanted)
    assert refused["code"] == "confirmation_required"
    console.enter(place="#/confirm")
    pasted = console.page.get_by_label("What the assistant was answered")
    pasted.fill("no request at all")
    console.button("Look at it").click()
    expect(console.page.get_by_role("alert")).to_contain_text("There is no request in this text")
    pasted.fill(f"Here it is: {refused['error']}")
    console.button("Look at it").click()
    expect(console.page.get_by_role("region", name="The assistant wants to")).to_contain_text("promote")
    expect(console.page.get_by_role("region", name="The assistant wants to")).to_contain_text(PROJECT)
    console.button("Give the code").click()
    code = console.page.get_by_label("Code").text_content()
    assert candidate.ask("promote", key=assistant, confirmation=code, **wanted)["changed"] is True
    assert candidate.ask("promote", key=assistant, confirmation=code, **wanted)["success"] is False, "it is good once"


def test_what_somebody_wrote_is_text(candidate: Served, console: Console) -> None:
    """In a reason, in the audit, in a line of the log, in the place of a project: nothing of it is an element."""
    console.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    candidate.tool("promote", environment="production")
    candidate.tool("rollback", environment="production", reason=ATTACK)
    candidate.ask(ATTACK)
    until(lambda: candidate.ask("audit_list", tool=ATTACK)["entries"], "the call is in the audit")
    console.enter(place="#/audit")
    expect(console.page.get_by_role("table")).to_contain_text(ATTACK)
    console.visit(f"{candidate.url}/#/p/{ATTACK.replace('/', '%2F')}/production")
    expect(console.page.get_by_role("heading", level=1)).to_have_text(ATTACK)
    console.visit(f"{candidate.url}/#/p/storefront/production/history")
    console.page.get_by_role("table").get_by_role("link").first.click()
    expect(console.page.get_by_text(ATTACK, exact=True)).to_be_visible()
    console.page.evaluate(
        """async (text) => {
            const {logPanel} = await import("/web/log.js");
            const {node, add} = logPanel(text);
            document.body.append(node);
            add({source: text, message: text, level: text});
        }""",
        ATTACK,
    )
    expect(console.page.get_by_role("log")).to_contain_text(f"{ATTACK} {ATTACK}")
    assert console.page.locator("img").count() == 0
    assert console.page.locator("body script").count() == 0
    console.forgive("400")


@pytest.mark.parametrize(("place", "text"), PLACES.items())
def test_a_phone_has_every_page_without_sideways_scrolling(
    candidate: Served, new_console: NewConsole, place: str, text: str
) -> None:
    console = new_console(viewport={"width": 320, "height": 640}, is_mobile=True, has_touch=True)
    console.enter(place=place)
    expect(console.page.locator("main")).to_contain_text(text)
    widths = console.page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert widths == [320, 320]
    small = console.page.evaluate(
        """() => [...document.querySelectorAll("button, select, input")].filter((each) => each.offsetParent
            && each.getBoundingClientRect().height < 36).map((each) => each.outerHTML)"""
    )
    assert small == [], "a finger finds it"


def test_the_projects_are_behind_a_button_on_a_phone(candidate: Served, new_console: NewConsole) -> None:
    console = new_console(viewport={"width": 320, "height": 640}, is_mobile=True, has_touch=True)
    console.enter(place="#/audit")
    menu, side = console.button("Projects"), console.page.locator("#side")
    link = side.get_by_role("link", name=re.compile("^production")).last
    expect(link).to_be_hidden()
    menu.tap()
    expect(menu).to_have_attribute("aria-expanded", "true")
    link.tap()
    expect(console.slot("blue")).to_be_visible()
    expect(link).to_be_hidden()
