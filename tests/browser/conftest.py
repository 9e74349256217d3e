"""A real platform behind the page, and Debian's Chromium in front of it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from codeb.adapters.postgres.database import Database
from tests.browser.console import Console
from tests.browser.served import PROJECT, Served, publish, sweep
from tests.integration import conftest as services
from tests.integration.caddy_process import CaddyProcess
from tests.integration.platform import Platform
from tests.integration.postgres_process import PostgresProcess
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port, until
from tests.lab.artifacts import program

postgres = services.postgres
registry = services.registry
NewConsole = Callable[..., Console]
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--host-resolver-rules=MAP *.codeb.test 127.0.0.1"]
"""The tests run as root, where Chromium's sandbox does not."""


@pytest.fixture(autouse=True)
def _marked(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("integration"), "mark the module: pytestmark = pytest.mark.integration"


@pytest.fixture(scope="session")
def served(
    postgres: PostgresProcess, registry: RegistryProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A platform with one project, v1 in production and v2 as the candidate."""
    sweep()
    yield from platform(postgres, registry, tmp_path_factory.mktemp("console"))
    sweep()


def platform(postgres: PostgresProcess, registry: RegistryProcess, directory: Path) -> Iterator[Served]:
    database = Database.open(postgres.settings)
    with database.transaction() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    database.close()
    caddy = CaddyProcess(program("caddy"), directory, free_port())
    address = f"127.0.0.1:{free_port()}"
    publish(directory, address)
    caddy.start()
    try:
        until(caddy.ready, "Caddy's admin socket answers")
        found = Served(Platform(caddy, registry, postgres.settings), address)
        found.start()
        try:
            found.tool("workflow_init", environments=["production", "staging"])
            yield found
        finally:
            found.stop()
    finally:
        caddy.stop()


@pytest.fixture
def candidate(served: Served) -> Served:
    """v1 has the traffic, v2 waits."""
    held = served.tool("slot_status", environment="production")["data"]
    active = held["activeSlot"]
    if active is None or not held[active]["image"].endswith(":v1"):
        served.deploy("v1")
        served.tool("promote", environment="production")
    served.deploy("v2")
    return served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "no chromium on this machine: make test-integration installs Debian's package"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_console(chromium: Browser, served: Served) -> Iterator[NewConsole]:
    """Makes the page in a fresh browser profile; afterwards nothing was complained about."""
    opened: list[tuple[BrowserContext, Console]] = []

    def make(**options: object) -> Console:
        settings: dict[str, object] = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **options}
        context = chromium.new_context(**settings)  # type: ignore[arg-type]
        console = Console(context.new_page(), served)
        opened.append((context, console))
        return console

    yield make
    for context, _ in opened:
        context.close()
    assert [each for _, console in opened for each in console.complaints] == []


@pytest.fixture
def console(new_console: NewConsole) -> Console:
    return new_console()


__all__ = ["PROJECT", "postgres", "registry"]
