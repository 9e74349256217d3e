"""The whole path: an image goes blue, green and back while visitors come; then the hosts are restarted."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests import sample_app
from tests.lab import hosts, provisioning, registry
from tests.lab.api import Api
from tests.lab.browser import Answer, Browser
from tests.lab.confidential import Confidential
from tests.lab.hosts import DOMAIN
from tests.lab.trust import REGISTRY
from tests.lab.waiting import until
from tests.load import Visit, visitors

pytestmark = pytest.mark.lab

PROJECT = "story"
PRODUCTION = f"{PROJECT}.{DOMAIN}"
VERSIONS: dict[str, dict[str, str]] = {"v1": {}, "v2": {}, "v3": {}, "crash": {"HELLO_CRASH": "db.internal"}}
EDITED = "/etc/caddy/Caddyfile"


def preview(slot: str) -> str:
    return f"{PROJECT}-{slot}.preview.{DOMAIN}"


def assert_answers(answer: Answer, version: str, slot: str) -> None:
    assert (answer.status, answer.body, answer.slot) == (200, f"hello {version}\n", slot)


def test_a_new_project_is_served_before_its_first_deploy(api: Api, browser: Browser) -> None:
    api.ask("project_delete", projectName=PROJECT, confirm=PROJECT)
    made = api.tool("workflow_init", projectName=PROJECT, type="go")
    assert made["ports"]["green"] == made["ports"]["blue"] + 1
    answer = browser.get(PRODUCTION)
    assert "not deployed yet" in answer.body
    assert answer.slot == ""


def test_images_are_pushed_to_the_private_registry(lab: Confidential) -> None:
    for version, environment in VERSIONS.items():
        tag = f"{REGISTRY}/{PROJECT}:{version}"
        sample_app.build(tag, version, **environment)
        registry.push(tag)


def test_the_first_deploy_answers_at_its_preview_and_not_in_production(api: Api, browser: Browser) -> None:
    done = api.tool("deploy", projectName=PROJECT, version="v1")
    assert (done["slot"], done["healthChecked"], done["changed"]) == ("blue", True, True)
    assert {step["status"] for step in done["steps"]} <= {"success", "skipped"}
    answer = browser.get(preview("blue"))
    assert_answers(answer, "v1", "blue")
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "not deployed yet" in browser.get(PRODUCTION).body


def test_the_same_deploy_again_changes_nothing(api: Api) -> None:
    assert api.tool("deploy", projectName=PROJECT, version="v1")["changed"] is False


def test_promote_sends_production_to_what_was_deployed(api: Api, browser: Browser) -> None:
    done = api.tool("promote", projectName=PROJECT)
    assert done["toSlot"] == "blue"
    assert done["receipt"]
    assert_answers(browser.get(PRODUCTION), "v1", "blue")
    assert_answers(browser.get(PRODUCTION, secure=True), "v1", "blue")


def test_a_release_and_the_way_back_lose_no_visitor(
    api: Api, browser: Browser, lab: Confidential, record_property: Callable[[str, object], None]
) -> None:
    with visitors(Visit(lab["hosts"]["app"], 80, PRODUCTION, streams=True)) as running:
        time.sleep(2)
        assert api.tool("deploy", projectName=PROJECT, version="v2")["slot"] == "green"
        assert_answers(browser.get(preview("green")), "v2", "green")
        assert_answers(browser.get(PRODUCTION), "v1", "blue")
        assert api.tool("promote", projectName=PROJECT)["toSlot"] == "green"
        assert_answers(browser.get(PRODUCTION), "v2", "green")
        time.sleep(6)
        done = api.tool("rollback", projectName=PROJECT, reason="the story says so")
        assert (done["restoredVersion"], done["toSlot"]) == ("v1", "blue")
        assert_answers(browser.get(PRODUCTION), "v1", "blue")
        time.sleep(6)
    report = running.report
    record_property(
        "visitors",
        f"{report.requests} requests, {report.failed} failed; {report.websocket_messages} WebSocket messages"
        f" and {report.events} events, {report.websocket_cuts + report.event_cuts} streams cut",
    )
    assert report.failures == []
    assert report.requests >= 5000
    assert (report.websocket_cuts, report.event_cuts) == (0, 0)
    assert min(report.websocket_messages, report.events) > 20
    assert report.slots == {"blue": report.bodies["hello v1\n"], "green": report.bodies["hello v2\n"]}
    assert min(report.slots.values()) > 500


def test_rollback_again_changes_nothing(api: Api) -> None:
    assert api.tool("rollback", projectName=PROJECT)["changed"] is False


def test_an_image_that_never_gets_healthy_fails_with_its_last_words(api: Api, browser: Browser) -> None:
    before = api.tool("slot_status", projectName=PROJECT)["slots"]
    refused = api.ask("deploy", projectName=PROJECT, version="crash", healthcheckTimeout=10)
    assert refused["success"] is False
    assert "no database at db.internal, giving up" in str(refused)
    assert [s["name"] for s in refused["steps"] if s["status"] == "failed"] == ["health_check"]
    assert api.tool("slot_status", projectName=PROJECT)["slots"] == before
    assert_answers(browser.get(PRODUCTION), "v1", "blue")
    assert_answers(browser.get(preview("green")), "v2", "green")


def test_the_command_on_the_host_sees_what_the_api_sees(api: Api, machines: Mapping[str, Any]) -> None:
    done = machines["app"].run(f"codeb status {PROJECT} --json")
    assert done.rc == 0, done.stderr
    assert '"activeSlot": "blue"' in done.stdout


def test_a_second_bootstrap_changes_nothing() -> None:
    totals = provisioning.counted()
    assert (totals.success, totals.error) == (0, 0)
    assert totals.no_change > 0


def test_a_file_that_was_edited_by_hand_is_mended_and_nothing_else(machines: Mapping[str, Any]) -> None:
    app = machines["app"]
    before = _etc(app)
    app.check_output(f"printf '# edited by hand\\n' >> {EDITED}")
    totals = provisioning.counted()
    assert totals.error == 0
    assert 1 <= totals.success <= 2, "the file, and the reload that it asks for"
    assert _etc(app) ^ before == set()


def _etc(host: Any) -> set[str]:
    """Every file under /etc with its mode, owner and digest."""
    listed = host.check_output("find /etc -type f -printf '%p %m %u %g ' -exec sha256sum {} ';'")
    return set(listed.splitlines())


@pytest.mark.parametrize("role", ["storage", "streaming", "backup", "app"])
def test_a_restarted_host_has_every_service_back(
    role: str, api: Api, browser: Browser, machines: Mapping[str, Any]
) -> None:
    before = _services(machines[role])
    hosts.restart(hosts.all_hosts()[role])
    until(lambda: _services(machines[role]), lambda running: running >= before)
    until(lambda: api.tool("health_check"), lambda health: health["status"] == "healthy")
    until(lambda: browser.get(PRODUCTION), lambda answer: answer.status == 200)
    assert_answers(browser.get(PRODUCTION), "v1", "blue")
    assert machines[role].check_output("systemctl --failed --no-legend --plain") == ""


def _services(host: Any) -> set[str]:
    listed = host.check_output("systemctl list-units --type=service --state=running --no-legend --plain")
    names = {line.split()[0] for line in listed.splitlines()}
    return {name for name in names if not name.startswith(("user@", "systemd-", "user-runtime"))}


def test_a_new_deploy_works_after_the_restarts(api: Api, browser: Browser) -> None:
    assert api.tool("deploy", projectName=PROJECT, version="v3")["slot"] == "green"
    assert_answers(browser.get(preview("green")), "v3", "green")
    assert_answers(browser.get(PRODUCTION), "v1", "blue")


def test_a_deleted_project_leaves_nothing(api: Api, browser: Browser, machines: Mapping[str, Any]) -> None:
    api.tool("project_delete", projectName=PROJECT, confirm=PROJECT)
    assert machines["app"].check_output(f"docker ps --all --quiet --filter label=codeb.project={PROJECT}") == ""
    assert machines["app"].run(f"ls /etc/caddy/sites /opt/codeb/routes | grep {PROJECT}").rc == 1
    assert browser.get(PRODUCTION).body == ""
