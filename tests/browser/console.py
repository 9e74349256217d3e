"""The page in a browser, as a person meets it. What the browser complains about is kept."""

from contextlib import suppress
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Error, Locator, Page, expect

from tests.browser.served import PROJECT, Served

PATIENCE = 20_000
"""Milliseconds."""
_CHANGED = "ERR_NETWORK_CHANGED"
_TRIES = 3


@dataclass
class Console:
    """``complaints`` are errors and warnings of the browser's own: violations of the policy, scripts that broke."""

    page: Page
    served: Served
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def forgive(self, part: str) -> None:
        """Of a failure that the test caused: there must be one."""
        found = [each for each in self.complaints if part in each]
        assert found, self.complaints
        self.complaints = [each for each in self.complaints if part not in each]

    def visit(self, url: str) -> None:
        """Load the page whole: again where a network of this machine came or went meanwhile, as containers' do."""
        for _ in range(_TRIES):
            with suppress(Error):
                self.page.goto(url)
            if not any(_CHANGED in each for each in self.complaints):
                return
            self.complaints = [each for each in self.complaints if _CHANGED not in each]
        self.page.goto(url)

    def enter(self, key: str | None = None, *, url: str | None = None, place: str = "") -> None:
        """Go to the page, sign in, and wait for what is behind the door."""
        self.visit(f"{url or self.served.url}/{place}")
        self.page.get_by_label("API key").fill(key or self.served.key)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def slots(self, key: str | None = None, *, url: str | None = None) -> None:
        """Be where both slots are shown."""
        self.enter(key, url=url, place=f"#/p/{PROJECT}/production")
        expect(self.slot("blue")).to_be_visible()

    def slot(self, name: str) -> Locator:
        return self.page.get_by_role("article", name=name, exact=True)

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)
