"""Releases declared with pyinfra, over SSH, through the app host's own command. Spec section 10."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import sample_app
from tests.lab import provisioning, registry
from tests.lab.api import Api
from tests.lab.browser import Browser
from tests.lab.faults import stopped
from tests.lab.hosts import DOMAIN
from tests.lab.paths import ROOT
from tests.lab.provisioning import Totals
from tests.lab.shell import CommandFailed
from tests.lab.trust import REGISTRY
from tests.lab.waiting import until

pytestmark = pytest.mark.lab

PROJECT = "declared"
SITE = f"{PROJECT}.{DOMAIN}"
VERSIONS: dict[str, dict[str, str]] = {"v1": {}, "v2": {}, "v3": {}, "crash": {"HELLO_CRASH": "db.internal"}}
CHANGED, UNCHANGED = Totals(success=1, error=0, no_change=0), Totals(success=0, error=0, no_change=1)


@pytest.fixture(scope="module", autouse=True)
def project(api: Api) -> Iterator[None]:
    api.ask("project_delete", projectName=PROJECT, confirm=PROJECT)
    api.tool("workflow_init", projectName=PROJECT, type="go")
    for version, environment in VERSIONS.items():
        tag = f"{REGISTRY}/{PROJECT}:{version}"
        sample_app.build(tag, version, **environment)
        registry.push(tag)
    yield
    api.tool("project_delete", projectName=PROJECT, confirm=PROJECT)


def declare(version: str, state: str = "active", *more: str) -> Totals:
    given = {"project": PROJECT, "version": version, "state": state}
    data = [word for key, value in given.items() for word in ("--data", f"{key}={value}")]
    return provisioning.totals("deploys/release.py", *data, *more)


def test_a_release_is_deployed_and_not_yet_served(api: Api, browser: Browser) -> None:
    assert declare("v1", "deployed") == CHANGED
    assert declare("v1", "deployed") == UNCHANGED
    assert api.tool("slot_status", projectName=PROJECT)["slots"]["blue"]["version"] == "v1"
    assert "not deployed yet" in browser.get(SITE).body


def test_it_is_made_active_by_a_promote_and_then_nothing_changes(browser: Browser) -> None:
    assert declare("v1") == CHANGED
    assert declare("v1") == UNCHANGED
    assert browser.get(SITE).body == "hello v1\n"


def test_another_one_is_deployed_and_promoted_in_one_run(api: Api, browser: Browser) -> None:
    assert declare("v2") == CHANGED
    assert declare("v2") == UNCHANGED
    assert browser.get(SITE).body == "hello v2\n"
    newest = api.tool("deployment_list", projectName=PROJECT, limit=1)["deployments"][0]
    assert (newest["version"], newest["source"]) == ("v2", "pyinfra")


def test_going_back_is_the_instant_rollback_and_starts_no_container(api: Api, browser: Browser) -> None:
    before = api.tool("deployment_list", projectName=PROJECT)["deployments"]
    assert declare("v1") == CHANGED
    assert declare("v1") == UNCHANGED
    assert browser.get(SITE).body == "hello v1\n"
    after = api.tool("deployment_list", projectName=PROJECT)["deployments"]
    assert [each["id"] for each in after] == [each["id"] for each in before]


def test_an_image_that_never_gets_healthy_fails_and_traffic_stays(api: Api, browser: Browser) -> None:
    before = api.tool("slot_status", projectName=PROJECT)["slots"]
    with pytest.raises(CommandFailed) as failed:
        declare("crash")
    assert "no database at db.internal, giving up" in str(failed.value)
    assert api.tool("slot_status", projectName=PROJECT)["slots"] == before
    assert browser.get(SITE).body == "hello v1\n"


def test_a_file_declares_several(tmp_path: Path) -> None:
    file = tmp_path / "releases.toml"
    tables = [f'[[release]]\nproject = "{PROJECT}"\nversion = "v1"', '[[release]]\nproject = "absent"\nversion = "v1"']
    file.write_text("\n".join(tables[:1]))
    assert provisioning.totals("deploys/release.py", "--data", f"releases={file}") == UNCHANGED
    file.write_text("\n".join(tables))
    with pytest.raises(CommandFailed, match="no project 'absent'"):
        provisioning.totals("deploys/release.py", "--data", f"releases={file}")


def test_a_dry_run_tells_the_way_and_changes_nothing(browser: Browser) -> None:
    command = provisioning.command(
        "deploys/release.py", "--data", f"project={PROJECT}", "--data", "version=v2", "--dry"
    )
    looks_first = [word for word in command if word != "-y"]
    done = subprocess.run(
        looks_first, cwd=ROOT, env=provisioning.environment(), capture_output=True, text=True, check=True
    )
    assert f"would run: codeb promote {PROJECT} --environment production --deployment dep_" in done.stdout + done.stderr
    assert browser.get(SITE).body == "hello v1\n"


def test_it_works_while_the_api_is_stopped(api: Api, machines: Mapping[str, Any], browser: Browser) -> None:
    app = machines["app"]
    with stopped(app, "codeb-api"):
        assert declare("v3") == CHANGED
        assert declare("v3") == UNCHANGED
        assert browser.get(SITE).body == "hello v3\n"
        status = json.loads(app.check_output(f"codeb status {PROJECT} --json"))
        assert status["slots"][status["activeSlot"]]["version"] == "v3"
    until(lambda: api.tool("health_check"), lambda health: health["status"] == "healthy")
    assert api.tool("slot_status", projectName=PROJECT)["slots"][status["activeSlot"]]["version"] == "v3"
