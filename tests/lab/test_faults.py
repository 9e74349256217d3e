"""Real faults on the real hosts: the server stopped or killed, the database away. Design section 2."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
import requests

from tests import sample_app
from tests.lab import registry
from tests.lab.api import Api, wait_ready
from tests.lab.browser import Browser
from tests.lab.faults import DATABASE, stopped
from tests.lab.hosts import DOMAIN
from tests.lab.trust import REGISTRY
from tests.lab.waiting import until

pytestmark = pytest.mark.lab

PROJECT = "faults"
PRODUCTION = f"{PROJECT}.{DOMAIN}"
SCRIPT = f"""
import os
from dotenv import dotenv_values
from codeb import Settings, build
from codeb.domain.names import Environment
from codeb.services.actor import Actor
from codeb.services.release_steps import DeployRequest

services = build(Settings.load({{**os.environ, **dotenv_values("/etc/codeb/codeb.env")}}))
blog, me = Environment.of("{PROJECT}"), Actor("script")
print(services.deploy(DeployRequest(blog, "v2"), me).slot, services.promote(blog, me).active.name)
services.close()
"""


@pytest.fixture(scope="module")
def project(api: Api) -> Iterator[str]:
    """v1 in production; there is also v2, and a version that never gets healthy."""
    api.ask("project_delete", projectName=PROJECT, confirm=PROJECT)
    api.tool("workflow_init", projectName=PROJECT, type="go")
    for version, environment in {"v1": {}, "v2": {}, "sick": {"HELLO_SICK": "yes"}}.items():
        sample_app.build(f"{REGISTRY}/{PROJECT}:{version}", version, **environment)
        registry.push(f"{REGISTRY}/{PROJECT}:{version}")
    api.tool("deploy", projectName=PROJECT, version="v1")
    api.tool("promote", projectName=PROJECT)
    yield PROJECT
    api.tool("project_delete", projectName=PROJECT, confirm=PROJECT)


def test_a_script_deploys_and_promotes_while_the_server_is_stopped(
    project: str, api: Api, browser: Browser, machines: Mapping[str, Any]
) -> None:
    app = machines["app"]
    with stopped(app, "codeb-api"):
        done = app.run("runuser -u codeb -- /opt/codeb/venv/bin/python -c %s", SCRIPT)
        assert (done.rc, done.stdout) == (0, "green green\n"), done.stderr
        assert browser.get(PRODUCTION).body == "hello v2\n"
    wait_ready(api.url)
    assert api.tool("slot_status", projectName=project)["activeSlot"] == "green"
    assert api.tool("rollback", projectName=project)["toSlot"] == "blue"


def test_a_deploy_whose_server_is_killed_is_closed_and_its_slot_given_back(
    project: str, api: Api, browser: Browser, machines: Mapping[str, Any]
) -> None:
    before = api.tool("slot_status", projectName=project)["slots"]
    running = machines["app"].check_output("docker ps --format '{{.Names}}' | sort")

    def deploy() -> None:
        with suppress(requests.RequestException):
            api.ask("deploy", projectName=project, version="sick", healthcheckTimeout=120)

    deploying = threading.Thread(target=deploy)
    deploying.start()
    until(
        lambda: machines["app"].check_output("docker ps --all --format '{{.Names}}'"),
        lambda names: "aside-dep_" in names,
    )
    machines["app"].check_output("systemctl kill --signal KILL codeb-api")
    deploying.join(60)
    wait_ready(api.url)
    latest = until(
        lambda: api.tool("deployment_list", projectName=project)["deployments"][0],
        lambda deployment: deployment["status"] == "failed",
    )
    assert latest["version"] == "sick"
    assert "ended in the middle" in latest["error"]
    assert api.tool("slot_status", projectName=project)["slots"] == before
    assert machines["app"].check_output("docker ps --format '{{.Names}}' | sort") == running
    assert browser.get(PRODUCTION).body == "hello v1\n"


def test_releases_go_on_while_the_database_is_away_and_are_in_it_afterwards(
    project: str, api: Api, browser: Browser, machines: Mapping[str, Any]
) -> None:
    with stopped(machines["storage"], DATABASE):
        until(lambda: requests.get(f"{api.url}/health", timeout=10).json(), lambda health: health["degraded"])
        promoted = api.tool("promote", projectName=project)
        assert promoted["toSlot"] == "green"
        assert browser.get(PRODUCTION).body == "hello v2\n"
        assert api.ask("workflow_init", projectName="faults-more")["code"] == "unavailable"
        assert api.tool("rollback", projectName=project)["toSlot"] == "blue"
    until(lambda: requests.get(f"{api.url}/health", timeout=10).json(), lambda health: not health["degraded"])
    listed = until(
        lambda: api.tool("deployment_list", projectName=project)["deployments"],
        lambda deployments: any(deployment["rollbackReason"] for deployment in deployments),
    )
    moved = {deployment["id"]: deployment for deployment in listed}
    assert moved[promoted["deploymentId"]]["receipt"]["durationMs"] > 0
