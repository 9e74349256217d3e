"""The pictures of docs/browser.md, made again: ``python -m tests.browser.screenshots``."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewConsole
from tests.browser.console import Console
from tests.browser.png import with_palette
from tests.browser.served import Served
from tests.lab.paths import ROOT

pytestmark = pytest.mark.integration
IMAGES = ROOT / "docs" / "images"
MOST = 80_000
DESK = {"viewport": {"width": 1180, "height": 860}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture
def scene(candidate: Served) -> Served:
    """More than one project, and variables that differ between the two slots."""
    candidate.ask("workflow_init", projectName="ledger", environments=["production"])
    candidate.tool("promote", environment="production")
    candidate.tool(
        "env_sync", environment="production", variables={"PAYMENTS_URL": "https://pay.example", "LOG_LEVEL": "info"}
    )
    candidate.deploy("v3")
    return candidate


@pytest.mark.usefixtures("scene")
def test_pictures(new_console: NewConsole) -> None:
    light = new_console(color_scheme="light", **DESK)
    light.slots()
    keep(light, "slots-light")
    dark = new_console(color_scheme="dark", **DESK)
    dark.slots()
    keep(dark, "slots-dark")
    dark.page.get_by_role("button", name=re.compile("^Promote")).click()
    expect(dark.dialog).to_contain_text("What will happen")
    keep(dark, "promote")
    phone = new_console(color_scheme="light", **PHONE)
    phone.slots()
    keep(phone, "phone")


def keep(console: Console, name: str) -> None:
    expect(console.page.locator(".steps li").first).to_be_visible()
    expect(console.page.locator(".log .line").first).to_be_visible()
    path = IMAGES / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(with_palette(console.page.screenshot(animations="disabled", scale="css")))
    assert path.stat().st_size < MOST, f"{path} has {path.stat().st_size} bytes"


if __name__ == "__main__":
    sys.exit(subprocess.run([sys.executable, "-m", "pytest", "-q", str(Path(__file__))], check=False).returncode)
