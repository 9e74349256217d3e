"""The generated workflow, step by step as a runner would: build, push, deploy, verify, promote, back. Spec section 10.

GitHub is not reached from here. Its expressions, its conditions and what the four actions do are in
``workflow_runner.py``; scripts, inputs, cache and tags are the generated file's own.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab import builder
from tests.lab.actions import Actions, said
from tests.lab.api import Api
from tests.lab.browser import Browser
from tests.lab.confidential import Confidential
from tests.lab.hosts import DOMAIN
from tests.lab.trust import REGISTRY
from tests.lab.workflow_runner import Run, Runner
from tests.sample_app import SOURCE

pytestmark = pytest.mark.lab

PROJECT = "ci"
SITE = f"{PROJECT}.{DOMAIN}"
GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
NUMBERED = ["1 Health", "2 Scan", "3 Build and push", "4 Deploy", "5 Verify", "6 Complete the task"]


@dataclass(frozen=True, slots=True)
class Repository:
    """A developer's: the sample application with what workflow_generate answered."""

    path: Path

    def commit(self, message: str, **files: str) -> str:
        """The new commit's SHA."""
        for name, text in files.items():
            (self.path / name).write_text(text)
        self._git("add", "--all")
        self._git("-c", "user.name=dev", "-c", "user.email=dev@lab.test", "commit", "--quiet", "--message", message)
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *words: str) -> str:
        return said(["git", "-C", self.path, *words], GIT)


@pytest.fixture(scope="module")
def given(api: Api) -> Iterator[Mapping[str, Any]]:
    """What the project's owner is given for CI."""
    settings = {"previewProtection": True}
    api.tool("workflow_init", projectName=PROJECT, type="go", settings=settings, database=False, redis=False)
    yield api.tool("workflow_generate", projectName=PROJECT)
    api.tool("project_delete", projectName=PROJECT, confirm=PROJECT, force=True)


@pytest.fixture(scope="module")
def workflow(given: Mapping[str, Any]) -> Mapping[Any, Any]:
    parsed: Mapping[Any, Any] = yaml.safe_load(given["workflow"])
    return parsed


@pytest.fixture(scope="module")
def key(api: Api, given: Mapping[str, Any]) -> Iterator[str]:
    """Made as the answer says, and with nothing more."""
    made = api.tool("token_create", **given["key"])
    yield made["key"]
    api.tool("token_revoke", tokenId=made["tokenId"])


@pytest.fixture(scope="module")
def repository(given: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Repository:
    path = tmp_path_factory.mktemp("repository")
    for name in ("main.go", "go.mod"):
        shutil.copy(SOURCE / name, path / name)
    said(["git", "init", "--quiet", "--initial-branch", "main", path], GIT)
    found = Repository(path)
    found.commit("Begin", Dockerfile=given["dockerfile"], **{".dockerignore": given["dockerignore"]})
    return found


@pytest.fixture(scope="module")
def runner(
    api: Api, lab: Confidential, key: str, repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> Runner:
    """With the five secrets of the repository, and the lab's names as a resolver would give them."""
    cache = api.tool("setup_secrets", projectName=PROJECT)
    secrets = Confidential(
        CODEB_API_KEY=key,
        MINIO_ACCESS_KEY=cache["minio_access_key"],
        MINIO_SECRET_KEY=cache["minio_secret_key"],
        REGISTRY_USERNAME="ci",
        REGISTRY_PASSWORD=key,
    )
    home = tmp_path_factory.mktemp("home")
    names = [f"{PROJECT}-{slot}.preview.{DOMAIN}:443:{lab['hosts']['app']}" for slot in ("blue", "green")]
    (home / ".curlrc").write_text("".join(f'resolve = "{name}"\n' for name in names))
    golang = builder.golang(tmp_path_factory.mktemp("golang"))
    return Runner(
        tmp_path_factory.mktemp("runs"),
        {**GIT, "HOME": str(home), "CURL_HOME": str(home)},
        secrets,
        lambda workspace, temp: Actions(repository.path, workspace, temp, {"golang:1.26": golang}),
    )


@pytest.fixture(scope="module")
def task(api: Api, given: Mapping[str, Any]) -> int:
    made = api.tool("task_create", projectName=PROJECT, title="Greet", author="dev")
    return int(made["task"]["id"])


@pytest.fixture(scope="module")
def first(runner: Runner, workflow: Mapping[Any, Any], repository: Repository, task: int) -> tuple[str, Run]:
    """The first push, and how its run went."""
    sha = repository.commit(f"Greet (task #{task})", notes="first")
    return sha, runner.run(workflow, sha)


@pytest.fixture(scope="module")
def second(
    api: Api, runner: Runner, workflow: Mapping[Any, Any], repository: Repository, first: tuple[str, Run]
) -> tuple[str, Run]:
    """The push after the first one was promoted."""
    api.tool("promote", projectName=PROJECT)
    sha = repository.commit("Next", notes="second")
    run = runner.run(workflow, sha)
    assert run.failed is None, told(run)
    return sha, run


def slots(api: Api) -> Mapping[str, Any]:
    return api.tool("slot_status", projectName=PROJECT)


def told(run: Run) -> str:
    return f"{run.failed}: {run.said.get(run.failed or '')}"


def test_a_push_ships_its_commit_to_the_slot_without_traffic(
    api: Api, browser: Browser, first: tuple[str, Run]
) -> None:
    sha, run = first
    assert run.failed is None, told(run)
    assert [name for name in run.said if name[0].isdigit()] == NUMBERED
    assert slots(api)["slots"]["blue"]["version"] == sha
    assert slots(api)["activeSlot"] is None
    assert browser.get(SITE).slot == ""
    assert run.summary == f"Deployed to blue: https://{PROJECT}-blue.preview.{DOMAIN}\n"


def test_what_was_deployed_is_what_was_pushed(api: Api, first: tuple[str, Run]) -> None:
    sha, run = first
    assert f"pushing manifest for {REGISTRY}/{PROJECT}:{sha}" in run.said["3 Build and push"]
    (deployment,) = api.tool("deployment_list", projectName=PROJECT)["deployments"]
    assert (deployment["version"], deployment["source"]) == (sha, "ci")


def test_the_task_that_its_message_names_is_done(api: Api, first: tuple[str, Run], task: int) -> None:
    assert api.tool("task_get", taskId=task)["task"]["status"] == "deployed"


def test_no_secret_and_no_previews_token_is_in_the_log(runner: Runner, first: tuple[str, Run]) -> None:
    log = "\n".join(first[1].said.values()) + first[1].summary
    hidden = [name for name, text in runner.secrets.items() if name != "REGISTRY_USERNAME" and text in log]
    assert hidden == []
    assert "previewLink" not in log


def test_the_next_build_takes_every_layer_from_the_bucket(
    runner: Runner, workflow: Mapping[Any, Any], first: tuple[str, Run]
) -> None:
    """Its builder is new and has nothing of its own."""
    run = runner.run(workflow, first[0], {"action": "deploy", "environment": "production"})
    assert run.failed is None, told(run)
    lines = first_words(run.said["3 Build and push"])
    commands = {number for number, words in lines if "] RUN " in words or "] COPY " in words}
    assert len(commands) == 6
    assert commands <= {number for number, words in lines if words == "CACHED"}


def first_words(log: str) -> list[tuple[str, str]]:
    """The lines of BuildKit's plain progress: a step's number and what is said of it."""
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in log.splitlines() if line.startswith("#")]


def test_people_promote_and_roll_back_by_dispatch(
    api: Api, browser: Browser, runner: Runner, workflow: Mapping[Any, Any], second: tuple[str, Run]
) -> None:
    def chosen(action: str) -> Run:
        return runner.run(workflow, second[0], {"action": action, "environment": "production"})

    promoted = chosen("promote")
    assert (promoted.failed, list(promoted.said)) == (None, ["Promote", "Clear up"]), told(promoted)
    assert browser.get(SITE).slot == "green"
    back = chosen("rollback")
    assert (back.failed, list(back.said)) == (None, ["Roll back", "Clear up"]), told(back)
    assert browser.get(SITE).slot == "blue"


def test_a_project_that_is_not_ready_is_not_built(
    api: Api, runner: Runner, workflow: Mapping[Any, Any], first: tuple[str, Run]
) -> None:
    api.tool("project_update", projectName=PROJECT, settings={"migrate": ["/app", "migrate"]})
    try:
        run = runner.run(workflow, first[0])
    finally:
        api.tool("project_update", projectName=PROJECT, settings={"migrate": []})
    assert (run.failed, list(run.said)) == ("2 Scan", ["1 Health", "2 Scan", "Clear up"])
    assert "::error::its migration needs DATABASE_URL" in run.said["2 Scan"]


def test_a_wrong_key_ships_nothing_and_is_told_so(
    runner: Runner, workflow: Mapping[Any, Any], first: tuple[str, Run]
) -> None:
    stranger = replace(runner, secrets=Confidential(runner.secrets, CODEB_API_KEY="codeb_lab_member_none"))
    run = stranger.run(workflow, first[0])
    assert run.failed == "2 Scan"
    assert "::error::" in run.said["2 Scan"]


@pytest.mark.parametrize(
    ("tool", "params"),
    [
        ("env_get", {"projectName": PROJECT}),
        ("env_sync", {"projectName": PROJECT, "content": "A=1"}),
        ("setup_secrets", {"projectName": PROJECT}),
        ("token_create", {"name": "more", "role": "member"}),
        ("deploy", {"projectName": "hello", "version": "v1"}),
        ("promote", {"projectName": "hello"}),
        ("project_delete", {"projectName": PROJECT}),
    ],
)
def test_its_key_can_do_nothing_else(lab: Confidential, key: str, tool: str, params: Mapping[str, Any]) -> None:
    assert Api(lab["api_url"], key).ask(tool, **params)["code"] in ("forbidden", "unknown_project")
