"""Quotas on the real host: its engine's containers and images, its count of deploys. Spec section 2, security 10."""

import json
import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests import sample_app
from tests.lab import registry
from tests.lab.api import Api
from tests.lab.trust import REGISTRY

pytestmark = pytest.mark.lab

TEAM, PROJECT = "quotas", "quota-app"
MAKE_KEY = f"codeb keys create --team {TEAM} --role owner --name lab --platform --rate 100000/60 --json"
WITHOUT = dict.fromkeys(("projects", "previews", "memoryMb", "cpus", "imagesMb", "concurrentDeploys", "streams"))


@pytest.fixture(scope="module")
def owner(api: Api, machines: Mapping[str, Any]) -> Iterator[Api]:
    """A platform key whose own team has one project with a version in the registry."""
    owner = Api(api.url, json.loads(machines["app"].check_output(MAKE_KEY))["key"])
    owner.ask("project_delete", projectName=PROJECT, confirm=PROJECT)
    sample_app.build(f"{REGISTRY}/{PROJECT}:v1", secrets.token_hex(4))  # one that is not on the host already
    owner.tool("workflow_init", projectName=PROJECT, type="go")
    registry.push(f"{REGISTRY}/{PROJECT}:v1", owner.key)
    yield owner
    owner.tool("project_delete", projectName=PROJECT, confirm=PROJECT)
    owner.tool("team_delete", teamId=TEAM, confirm=TEAM)


@pytest.fixture(autouse=True)
def unlimited(owner: Api) -> Iterator[None]:
    yield
    owner.tool("team_settings", quotas=WITHOUT)


def test_an_image_above_the_quota_is_refused_and_is_not_kept(owner: Api, machines: Mapping[str, Any]) -> None:
    listed = f"docker images --quiet {REGISTRY}/{PROJECT}"
    before = set(machines["app"].check_output(listed).split())
    owner.tool("team_settings", quotas={"imagesMb": 0})
    refused = owner.ask("deploy", projectName=PROJECT, version="v1")
    assert (refused["code"], refused["quota"]) == ("quota_reached", "imagesMb")
    assert set(machines["app"].check_output(listed).split()) <= before


def test_of_two_deploys_at_once_as_many_run_as_there_is_memory_for(owner: Api) -> None:
    owner.tool("team_settings", quotas={"memoryMb": 600})
    environments = ("staging", "preview")

    def deploy(environment: str) -> Mapping[str, Any]:
        return owner.ask("deploy", projectName=PROJECT, environment=environment, version="v1")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(deploy, environments))
    assert sorted(answer["success"] for answer in answers) == [False, True]
    assert [answer["quota"] for answer in answers if not answer["success"]] == ["memoryMb"]
    assert owner.tool("team_get")["usage"]["memoryMb"] == 512
    for environment in environments:
        owner.ask("slot_cleanup", projectName=PROJECT, environment=environment, force=True)
