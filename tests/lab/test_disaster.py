"""Hosts that are lost with their disks come back by the very commands of docs/operations.md. Issue 6, item 8.

It runs last: what the lab's hosts had of other tests is as old as the copies afterwards.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests

from tests import sample_app
from tests.lab import hosts, keys, manual, nights, provisioning, record, registry
from tests.lab.api import Api
from tests.lab.browser import Browser
from tests.lab.confidential import Confidential
from tests.lab.hosts import DOMAIN
from tests.lab.trust import REGISTRY
from tests.lab.waiting import until

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("another_day")]

PROJECT = "phoenix"
PRODUCTION = f"{PROJECT}.{DOMAIN}"
ROWS = 1234
Machines = Mapping[str, Any]


@pytest.fixture(scope="module")
def project(api: Api, machines: Machines) -> Iterator[Confidential]:
    """The variables of its production; v1 has the traffic, v2 is one step back, database and Redis have something."""
    api.tool("workflow_init", projectName=PROJECT, type="go")
    variables = Confidential(api.tool("env_get", projectName=PROJECT)["variables"])
    psql(machines, variables, f"CREATE TABLE ashes AS SELECT generate_series(1, {ROWS}) AS n")
    redis(machines, variables, "c.set(p + 'spark', 'glows')")
    for version in ("v2", "v1"):
        push(version)
        api.tool("deploy", projectName=PROJECT, version=version)
        api.tool("promote", projectName=PROJECT)
    yield variables
    api.tool("project_delete", projectName=PROJECT, confirm=PROJECT)


def psql(machines: Machines, variables: Confidential, sql: str) -> str:
    """As the project's own code, from the app host."""
    script = f"read -r U; PGCONNECT_TIMEOUT=5 psql \"$U\" -XAtq -v ON_ERROR_STOP=1 -c '{sql}'"
    said: str = machines["app"].check_output(f"printf '%s\\n' \"{variables['DATABASE_URL']}\" | ({script})")
    return said


def redis(machines: Machines, variables: Confidential, expression: str) -> str:
    """``c`` is the project's client, ``p`` its prefix."""
    script = (
        "import sys; from redis import Redis; c = Redis.from_url(sys.stdin.read());"
        f" p = '{variables['REDIS_PREFIX']}'; print({expression})"
    )
    said: str = machines["app"].check_output(
        f"printf '%s' '{variables['REDIS_URL']}' | /opt/codeb/venv/bin/python -c \"{script}\""
    )
    return said


def push(version: str, project: str = PROJECT) -> None:
    tag = f"{REGISTRY}/{project}:{version}"
    sample_app.build(tag, version)
    registry.push(tag)


def pushed_again() -> None:
    """The registry's images went with the storage host: the lab's own project is pushed again, as by CI."""
    for version in ("v1", "v2"):
        push(version, record.PROJECT)


def health(api: Api) -> Mapping[str, Any]:
    found: Mapping[str, Any] = requests.get(f"{api.url}/health", timeout=10).json()
    return found


def versions(api: Api) -> Mapping[str, str | None]:
    """By slot."""
    slots = api.tool("slot_status", projectName=PROJECT)["slots"]
    return {name: slot["version"] for name, slot in slots.items()}


def findings(machines: Machines) -> set[str]:
    """Of the doctor, who mends nothing here."""
    found = json.loads(machines["app"].run("codeb doctor --dry-run --json").stdout)["findings"]
    return {str(finding) for finding in found}


def replaced(role: str) -> None:
    """Another machine at the same address, bare, with an SSH key that nobody knows yet."""
    before = keys.KNOWN_HOSTS.read_text()
    hosts.ensure(keys.ensure())
    refused = manual.fails(".venv/bin/codeb hosts check")
    assert "key" in refused, "another key at a known address is not trusted"
    keys.write_config()
    assert keys.KNOWN_HOSTS.read_text() != before


def rebuilt(heading: str, after_each: Callable[[], None]) -> None:
    for command in manual.commands(heading):
        manual.run(command)
        after_each()


def assert_serves(browser: Browser, version: str) -> None:
    answer = browser.get(PRODUCTION)
    assert (answer.status, answer.body) == (200, f"hello {version}\n")


def assert_released(api: Api, browser: Browser, version: str) -> None:
    push(version)
    api.tool("deploy", projectName=PROJECT, version=version)
    api.tool("promote", projectName=PROJECT)
    assert_serves(browser, version)


def assert_complete() -> None:
    totals = provisioning.counted()
    assert (totals.success, totals.error) == (0, 0)


def test_the_storage_host_comes_back(
    api: Api,
    browser: Browser,
    machines: Machines,
    project: Confidential,
    record_property: Callable[[str, object], None],
) -> None:
    before = findings(machines)
    asked = api.tool("audit_list", projectName=PROJECT, limit=1)["entries"][0]["id"]
    nights.copied(machines)
    hosts.lose(hosts.all_hosts()["storage"])
    lost = time.monotonic()
    until(lambda: health(api), lambda found: found["database"] == "away")
    assert_serves(browser, "v1")
    assert api.tool("rollback", projectName=PROJECT)["restoredVersion"] == "v2"
    assert api.ask("workflow_init", projectName="ashes")["code"] == "unavailable"

    replaced("storage")
    rebuilt("### The storage host is lost", lambda: assert_serves(browser, "v2"))
    until(lambda: health(api), lambda found: found["status"] == "healthy")
    record_property("the storage host was away for", f"{time.monotonic() - lost:.0f} s")

    assert psql(machines, project, "SELECT count(*) FROM ashes") == str(ROWS)
    seen = until(lambda: redis(machines, project, "c.get(p + 'spark')"), bool)
    assert seen == "b'glows'"
    rows = api.tool("audit_list", projectName=PROJECT, limit=200)["entries"]
    assert asked in {row["id"] for row in rows}
    listed = api.tool("deployment_list", projectName=PROJECT)["deployments"]
    assert any(each["rollbackReason"] for each in listed), "what was done without the storage host is in its database"
    assert_released(api, browser, "v3")
    assert findings(machines) <= before
    assert_complete()


def test_the_app_host_comes_back(
    api: Api,
    browser: Browser,
    machines: Machines,
    project: Confidential,
    record_property: Callable[[str, object], None],
) -> None:
    assert_released(api, browser, "v4")
    pushed_again()
    nights.copied(machines)
    known = versions(api)
    hosts.lose(hosts.all_hosts()["app"])
    lost = time.monotonic()

    replaced("app")
    rebuilt("### The app host is lost", lambda: None)
    assert_serves(browser, "v4")
    record_property("the app host was away for", f"{time.monotonic() - lost:.0f} s")

    assert api.accepts_key()
    until(lambda: health(api), lambda found: found["status"] == "healthy")
    assert versions(api) == known
    assert Confidential(api.tool("env_get", projectName=PROJECT)["variables"]) == project
    assert psql(machines, project, "SELECT count(*) FROM ashes") == str(ROWS)
    assert_released(api, browser, "v5")
    assert_complete()
