"""Promote and rollback through the page, with real slots behind it."""

import re
import threading
from typing import Any

import pytest
from playwright.sync_api import expect

from codeb.domain.access import Role
from tests.browser.console import Console
from tests.browser.served import Served
from tests.integration.waiting import until

pytestmark = pytest.mark.integration
REMEMBER_WHAT_RUNS = """() => {
    window.seen = [];
    const look = () => {
        const running = document.querySelector(".steps .running");
        if (running) window.seen.push(running.children[1].textContent);
    };
    new MutationObserver(look).observe(document.querySelector(".live"), {childList: true, subtree: true});
}"""


def test_a_candidate_is_promoted_and_rolled_back_by_hand(candidate: Served, console: Console) -> None:
    held = candidate.tool("slot_status", environment="production")["data"]
    old, new = held["activeSlot"], "green" if held["activeSlot"] == "blue" else "blue"
    console.slots()
    expect(console.slot(old)).to_contain_text("Has the traffic")
    expect(console.slot(new)).to_contain_text("Candidate, no traffic")
    console.button(f"Promote {new}").click()
    expect(console.dialog).to_contain_text("send the traffic to")
    assert candidate.tool("slot_status", environment="production")["activeSlot"] == old, "asking changes nothing"
    console.dialog.get_by_role("button", name=f"Promote {new}").click()
    expect(console.dialog).to_contain_text(f"{new} has the traffic of storefront, production.")
    expect(console.dialog).to_contain_text("Answers now")
    assert candidate.tool("slot_status", environment="production")["activeSlot"] == new
    console.dialog.get_by_role("button", name="Close").click()
    expect(console.slot(new)).to_contain_text("Has the traffic")
    expect(console.slot(old).get_by_role("timer")).to_have_text(re.compile(r"^47 h 59 min \d+ s$"))

    console.button(f"Roll back to {old}").click()
    console.page.get_by_label("Reason, for the record").fill("too slow")
    console.dialog.get_by_role("button", name=f"Roll back to {old}").click()
    expect(console.dialog).to_contain_text(f"{old} has the traffic")
    assert candidate.tool("slot_status", environment="production")["activeSlot"] == old
    call = until(lambda: _audited(candidate, "rollback", "too slow"), "the rollback is in the audit")
    assert (call["source"], call["success"]) == ("browser", True)
    assert _audited(candidate, "promote")["source"] == "browser"


def test_no_is_no(candidate: Served, console: Console) -> None:
    before = candidate.tool("slot_status", environment="production")["data"]["generation"]
    console.slots()
    promote = console.page.get_by_role("button", name=re.compile("^Promote"))
    for leave in ("Cancel", "Escape"):
        promote.click()
        expect(console.dialog).to_contain_text("What will happen")
        if leave == "Cancel":
            console.button("Cancel").click()
        else:
            console.page.keyboard.press("Escape")
        expect(console.dialog).to_have_count(0)
        expect(promote).to_be_focused()
    assert candidate.tool("slot_status", environment="production")["data"]["generation"] == before


def test_a_refusal_is_a_sentence_in_the_dialog(candidate: Served, console: Console) -> None:
    """Another deploy takes the candidate's place while somebody thinks about it."""
    console.slots()
    console.page.get_by_role("button", name=re.compile("^Promote")).click()
    expect(console.dialog).to_contain_text("What will happen")
    candidate.deploy("v3")
    console.dialog.get_by_role("button", name=re.compile("^Promote")).click()
    expect(console.dialog.get_by_role("alert")).to_contain_text("Not done.")
    assert candidate.tool("slot_status", environment="production")["data"][_active(candidate)]["image"].endswith(":v1")


def test_with_the_keyboard_alone(candidate: Served, console: Console) -> None:
    console.visit(f"{candidate.url}/#/p/storefront/production")
    expect(console.page.get_by_label("API key")).to_be_focused()
    console.page.keyboard.insert_text(candidate.key)
    console.page.keyboard.press("Enter")
    promote = console.page.get_by_role("button", name=re.compile("^Promote"))
    expect(promote).to_be_visible()
    for _ in range(40):
        console.page.keyboard.press("Tab")
        focused = console.page.evaluate("() => document.activeElement.textContent")
        outline = console.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", f"the focus on {focused!r} is not seen"
        if focused.startswith("Promote"):
            break
    expect(promote).to_be_focused()
    console.page.keyboard.press("Enter")
    expect(console.dialog).to_contain_text("What will happen")
    expect(console.dialog.get_by_role("button", name=re.compile("^Promote"))).to_be_focused()
    console.page.keyboard.press("Enter")
    expect(console.dialog).to_contain_text("has the traffic of")
    console.page.keyboard.press("Enter")
    expect(console.dialog).to_have_count(0)
    assert candidate.tool("slot_status", environment="production")["data"][_active(candidate)]["image"].endswith(":v2")


@pytest.mark.parametrize("way", ["itself", "Caddy"])
def test_steps_and_lines_come_while_a_deploy_runs(candidate: Served, console: Console, way: str) -> None:
    console.slots(url=candidate.site if way == "Caddy" else candidate.url)
    expect(console.page.locator(".stream")).to_have_text("live")
    console.page.evaluate(REMEMBER_WHAT_RUNS)
    deploy = threading.Thread(target=candidate.deploy, args=("v3",))
    deploy.start()
    expect(console.page.locator(".steps")).to_contain_text("health check")
    deploy.join()
    expect(console.page.locator(".steps li.success")).to_have_count(10)
    seen = console.page.evaluate("() => window.seen")
    assert {"pull image", "health check"} <= set(seen), "they were seen while they ran"
    expect(console.page.get_by_role("log")).to_contain_text("hello")


def test_a_viewer_sees_and_may_not(candidate: Served, console: Console) -> None:
    console.slots(candidate.new_key(Role.VIEWER))
    expect(console.page.get_by_text("Your key may look only.")).to_be_visible()
    expect(console.page.get_by_role("button", name=re.compile("^(Promote|Roll)"))).to_have_count(0)


def _audited(served: Served, name: str, reason: str | None = None) -> dict[str, Any]:
    """The newest call of a tool that changed something, for this reason, once it is written."""
    calls = served.ask("audit_list", tool=name, limit=10)["entries"]
    changed = (each for each in calls if each["result"].get("changed"))
    return next((each for each in changed if each["details"].get("reason") == reason), {})


def _active(served: Served) -> str:
    active: str = served.tool("slot_status", environment="production")["activeSlot"]
    return active
