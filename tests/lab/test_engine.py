"""What the engine promises, on the real hosts: previews, failover, restarts in the middle, a doctor. Issue 4."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
import requests

from tests import sample_app
from tests.lab import hosts, registry
from tests.lab.api import Api, wait_ready
from tests.lab.browser import Browser
from tests.lab.confidential import Confidential
from tests.lab.hosts import DOMAIN
from tests.lab.trust import REGISTRY
from tests.lab.waiting import until
from tests.load import Visit, visitors

pytestmark = pytest.mark.lab

PROJECT = "engine"
PRODUCTION = f"{PROJECT}.{DOMAIN}"
GREEN_PREVIEW = f"{PROJECT}-green.preview.{DOMAIN}"
VERSIONS: dict[str, dict[str, str]] = {
    "v1": {},
    "v2": {},
    "sick": {"HELLO_SICK": "yes"},
    "broken": {"HELLO_BREAK": "yes"},
    "deaf": {"HELLO_BIND": "127.0.0.1"},
}


@pytest.fixture(scope="module")
def project(api: Api) -> Iterator[str]:
    """v1 in grace on blue, v2 with the traffic on green."""
    api.ask("project_delete", projectName=PROJECT, confirm=PROJECT)
    api.tool("workflow_init", projectName=PROJECT, type="go")
    for version, environment in VERSIONS.items():
        sample_app.build(f"{REGISTRY}/{PROJECT}:{version}", version, **environment)
        registry.push(f"{REGISTRY}/{PROJECT}:{version}")
    for version in ("v1", "v2"):
        api.tool("deploy", projectName=PROJECT, version=version)
        api.tool("promote", projectName=PROJECT)
    yield PROJECT
    api.tool("project_delete", projectName=PROJECT, confirm=PROJECT)


def _word(app: Any) -> str:
    return str(app.check_output(f"cat /opt/codeb/routes/{PROJECT}-production"))


def test_the_word_gets_its_fallback_by_itself_and_the_killed_slot_its_traffic_back(
    project: str, machines: Mapping[str, Any], browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    app = machines["app"]
    until(lambda: _word(app), lambda word: word == "green+blue")
    killed = time.monotonic()
    app.check_output(f"docker kill --signal KILL {PROJECT}-production-green")
    answer = until(lambda: browser.get(PRODUCTION), lambda answer: answer.status == 200)
    assert answer.slot in ("blue", "green")
    record_property("failover", f"answered by {answer.slot} {time.monotonic() - killed:.2f} s after the kill")
    app.check_output(f"docker start {PROJECT}-production-green")
    until(lambda: browser.get(PRODUCTION), lambda answer: answer.slot == "green")


def test_a_container_that_died_is_told_and_counted(project: str, machines: Mapping[str, Any], browser: Browser) -> None:
    app = machines["app"]
    pid = app.check_output(f"docker inspect --format '{{{{.State.Pid}}}}' {PROJECT}-production-green")
    app.check_output(f"kill -KILL {pid}")
    until(lambda: app.check_output("journalctl -u codeb-api --no-pager -n 50"), lambda log: "container_died" in log)
    until(
        lambda: app.check_output("curl -s http://127.0.0.1:9102/metrics"),
        lambda text: f'codeb_container_deaths_total{{environment="production",project="{PROJECT}"}}' in text,
    )
    running = "docker inspect --format '{{.State.Running}}' " + f"{PROJECT}-production-green"
    until(lambda: app.check_output(running), lambda state: state == "true")
    until(lambda: browser.get(PRODUCTION), lambda answer: answer.slot == "green")


def test_a_protected_preview_asks_for_its_token_also_while_the_api_is_stopped(
    project: str, api: Api, machines: Mapping[str, Any], lab: Confidential, browser: Browser
) -> None:
    api.tool("project_update", projectName=PROJECT, settings={"previewProtection": True})
    link = api.tool("deploy", projectName=PROJECT, version="v2")["previewLink"]
    path = link.partition(GREEN_PREVIEW)[2]
    assert path.startswith("/?codeb_preview=")
    assert browser.get(GREEN_PREVIEW, secure=True).status == 401
    with_api = browser.get(GREEN_PREVIEW, path, secure=True)
    assert (with_api.status, with_api.headers["x-robots-tag"]) == (302, "noindex")
    cookie = with_api.headers["set-cookie"]
    assert cookie.startswith("__Host-codeb_preview=")
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    app = machines["app"]
    app.check_output("systemctl stop codeb-api")
    try:
        assert browser.get(GREEN_PREVIEW, secure=True).status == 401
        assert browser.get(GREEN_PREVIEW, path, secure=True).status == 302
    finally:
        app.check_output("systemctl start codeb-api")
    wait_ready(api.url)
    api.tool("project_update", projectName=PROJECT, settings={"previewProtection": None})
    assert browser.get(GREEN_PREVIEW, secure=True).status == 200


def test_only_names_of_projects_get_a_certificate_on_demand(project: str, browser: Browser) -> None:
    assert browser.get(GREEN_PREVIEW, secure=True).headers["x-robots-tag"] == "noindex"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        browser.get(f"somebody-blue.preview.{DOMAIN}", secure=True)


def test_a_deaf_application_is_told_where_it_listens(project: str, api: Api, browser: Browser) -> None:
    refused = api.ask("deploy", projectName=PROJECT, version="deaf", healthcheckTimeout=5)
    assert refused["success"] is False
    assert "127.0.0.1:3000 inside the container" in refused["error"]
    assert browser.get(PRODUCTION).status == 200


def _deploying(api: Api, version: str) -> threading.Thread:
    def deploy() -> None:
        with suppress(requests.RequestException):
            api.ask("deploy", projectName=PROJECT, version=version, healthcheckTimeout=120)

    thread = threading.Thread(target=deploy)
    thread.start()
    return thread


def _in_the_middle(app: Any) -> None:
    until(lambda: app.check_output("docker ps --all --format '{{.Names}}'"), lambda names: "aside-dep_" in names)


def _slots(api: Api) -> dict[str, Any]:
    """Of what time does to them nothing."""
    slots = api.tool("slot_status", projectName=PROJECT)["slots"]
    return {name: {**slot, "gracePeriodRemaining": None} for name, slot in slots.items()}


def _assert_settled(api: Api, app: Any, before: dict[str, Any], browser: Browser) -> None:
    latest = until(
        lambda: api.tool("deployment_list", projectName=PROJECT)["deployments"][0],
        lambda deployment: deployment["status"] in ("failed", "success"),
        120,
    )
    assert latest["status"] == "failed"
    until(lambda: browser.get(PRODUCTION), lambda answer: answer.status == 200)
    assert browser.get(PRODUCTION).body == "hello v2\n"
    until(lambda: _slots(api), lambda slots: slots == before, 120)
    assert "aside" not in app.check_output("docker ps --all --format '{{.Names}}'")
    assert app.run("codeb doctor --dry-run").rc == 0, app.run("codeb doctor --dry-run").stdout


@pytest.mark.usefixtures("project")
def test_an_engine_that_is_restarted_in_the_middle_of_a_deploy_leaves_nothing_half(
    api: Api,
    machines: Mapping[str, Any],
    browser: Browser,
    lab: Confidential,
    record_property: Callable[[str, object], None],
) -> None:
    """The containers live on, the engine's own port proxies do not: sites are away until it is back."""
    app, before = machines["app"], _slots(api)
    with visitors(Visit(lab["hosts"]["app"], 80, PRODUCTION, kept_alive=2, new_connections=1)) as seen:
        deploying = _deploying(api, "sick")
        _in_the_middle(app)
        started = "docker inspect --format '{{.State.StartedAt}}' " + f"{PROJECT}-production-green"
        since = app.check_output(started)
        app.check_output("systemctl restart docker")
        assert app.check_output(started) == since
        listed = api.tool("deployment_list", projectName=PROJECT)["deployments"][0]
        if listed["status"] == "running":
            api.tool("deployment_cancel", projectName=PROJECT, deploymentId=listed["id"])
        deploying.join(150)
    report = seen.report
    record_property("requests while the engine was restarted", f"{report.requests}, {report.statuses['502']} were 502")
    assert {status for status, count in report.statuses.items() if count} <= {"200", "502"}
    app.run("codeb doctor")
    _assert_settled(api, app, before, browser)


def test_a_host_that_is_restarted_in_the_middle_of_a_deploy_finds_itself_whole(
    project: str, api: Api, machines: Mapping[str, Any], browser: Browser
) -> None:
    app, before = machines["app"], _slots(api)
    deploying = _deploying(api, "sick")
    _in_the_middle(app)
    hosts.restart(hosts.all_hosts()["app"])
    deploying.join(150)
    wait_ready(api.url, 120)
    _assert_settled(api, app, before, browser)


def test_a_doctor_makes_a_lost_container_again_and_says_so(
    project: str, machines: Mapping[str, Any], browser: Browser
) -> None:
    app = machines["app"]
    app.check_output(f"docker rm --force {PROJECT}-production-green")
    found = app.run("codeb doctor --dry-run --json")
    assert found.rc == 1
    (finding,) = json.loads(found.stdout)["findings"]
    assert "it is started again" in finding["what"]
    mended = app.run("codeb doctor")
    assert mended.rc == 0, mended.stdout
    assert "mended" in mended.stdout
    until(lambda: browser.get(PRODUCTION), lambda answer: answer.slot == "green")
    assert app.run("codeb doctor").stdout == "everything is as it is recorded\n"


def test_the_watch_flips_a_broken_release_back_by_itself(
    project: str, api: Api, browser: Browser, lab: Confidential
) -> None:
    api.tool("project_update", projectName=PROJECT, settings={"watch": {"minutes": 5}})
    with visitors(Visit(lab["hosts"]["app"], 80, PRODUCTION, kept_alive=2, new_connections=1)):
        for version in ("v1", "v2"):
            api.tool("deploy", projectName=PROJECT, version=version, force=True)
            api.tool("promote", projectName=PROJECT)
            time.sleep(8)
        good = api.tool("slot_status", projectName=PROJECT)["activeSlot"]
        api.tool("deploy", projectName=PROJECT, version="broken")
        api.tool("promote", projectName=PROJECT)
        until(lambda: api.tool("slot_status", projectName=PROJECT)["activeSlot"], lambda active: active == good)
    reason = next(
        each["rollbackReason"]
        for each in api.tool("deployment_list", projectName=PROJECT)["deployments"]
        if each["version"] == "broken"
    )
    assert "of the answers were errors (5xx)" in reason
    assert browser.get(PRODUCTION).body == "hello v2\n"
    api.tool("project_update", projectName=PROJECT, settings={"watch": None})


SWITCHES = f"""
import os, sys, time
from dotenv import dotenv_values
from codeb import Settings, build
from codeb.domain.names import Environment
from codeb.services.actor import Actor

services = build(Settings.load({{**os.environ, **dotenv_values("/etc/codeb/codeb.env")}}))
blog, me, times = Environment.of("{PROJECT}"), Actor("script"), []
for turn in range(int(sys.argv[1])):
    begun = time.perf_counter()
    (services.rollback if turn % 2 == 0 else services.promote)(blog, me)
    times.append(time.perf_counter() - begun)
services.close()
print(f"{{len(times)}} switches, median {{sorted(times)[len(times) // 2] * 1000:.0f}} ms")
"""


def test_a_thousand_switches_lose_nothing_of_any_kind_of_request(
    project: str,
    api: Api,
    machines: Mapping[str, Any],
    lab: Confidential,
    record_property: Callable[[str, object], None],
) -> None:
    for version in ("v1", "v2"):
        api.tool("deploy", projectName=PROJECT, version=version, force=True)
        api.tool("promote", projectName=PROJECT)
    visit = Visit(
        lab["hosts"]["app"],
        80,
        PRODUCTION,
        kept_alive=8,
        new_connections=2,
        slow_senders=2,
        streams=True,
        named=False,
    )
    with visitors(visit) as seen:
        script = "runuser -u codeb -- /opt/codeb/venv/bin/python -c %s %s"
        done = machines["app"].run(script, SWITCHES, "1000")
    assert done.rc == 0, done.stderr
    report = seen.report
    record_property(
        "switches under load", f"{done.stdout.splitlines()[-1]}; {report.requests} requests, {report.failed} failed"
    )
    assert report.failures == []
    assert (report.websocket_cuts, report.event_cuts) == (0, 0)
    assert report.sent == report.requests
    assert report.requests > 1000
    assert report.slots == {"blue": report.slots["blue"], "green": report.slots["green"]}
    assert min(report.slots["blue"], report.slots["green"]) > 100
