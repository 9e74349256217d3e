"""workflow_scan and workflow_generate. Spec section 10, "CI"; security 13; lesson 35."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from codeb.domain.access import AuthContext, KeyKind, Role
from codeb.errors import InvalidInput
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.call import Call
from tests.doors import House
from tests.unit.tools.conftest import Tool


@pytest.fixture
def workflow(tool: Tool) -> dict[Any, Any]:
    parsed: dict[Any, Any] = yaml.safe_load(tool("workflow_generate", projectName="blog")["workflow"])
    return parsed


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workflow["jobs"]["release"]["steps"]
    return found


def scripts(workflow: dict[Any, Any]) -> list[str]:
    every = [step for job in workflow["jobs"].values() for step in job["steps"]]
    return [workflow["env"]["CODEB_SH"], *(step["run"] for step in every if "run" in step)]


def test_releases_wait_for_each_other_and_none_is_cut_off(workflow: dict[Any, Any]) -> None:
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert workflow["concurrency"]["queue"] == "max", "of two that wait GitHub would drop the first"
    assert workflow["concurrency"]["group"].startswith("codeb-blog-")


def test_no_strangers_code_runs_and_nothing_may_be_written(workflow: dict[Any, Any]) -> None:
    triggers = workflow[True]  # YAML reads the key `on` as true
    assert set(triggers) == {"push", "workflow_dispatch"}
    assert workflow["permissions"] == {}
    assert [job["permissions"] for job in workflow["jobs"].values()] == [{"contents": "read"}, {}]
    assert all("!github.event.repository.fork &&" in job["if"] for job in workflow["jobs"].values())


def test_actions_are_pinned_and_leave_no_credentials(workflow: dict[Any, Any]) -> None:
    """A tag can be moved by whoever owns the action; a commit cannot."""
    used = [step for step in steps(workflow) if "uses" in step]
    assert all(re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40}", step["uses"]) for step in used)
    assert used[0]["with"] == {"persist-credentials": False}


def test_a_secret_is_given_to_the_steps_that_use_it_only(workflow: dict[Any, Any]) -> None:
    assert "secrets." not in str(workflow["env"])
    told = {name: str(step) for step in steps(workflow) if "secrets." in str(step) for name in [step["name"]]}
    assert {name for name, text in told.items() if "secrets.MINIO" in text} == {"3 Build and push"}
    assert {name for name, text in told.items() if "secrets.REGISTRY" in text} == {"Log in to the registry"}


def test_its_steps_come_in_the_order_that_the_spec_gives(workflow: dict[Any, Any]) -> None:
    numbered = [step["name"] for step in steps(workflow) if step["name"][0].isdigit()]
    assert numbered == ["1 Health", "2 Scan", "3 Build and push", "4 Deploy", "5 Verify", "6 Complete the task"]


def test_the_image_is_tagged_by_commit_and_the_build_is_cached_in_the_bucket(workflow: dict[Any, Any]) -> None:
    build = next(step for step in steps(workflow) if step["name"].startswith("3"))["with"]
    assert build["tags"].endswith(":${{ github.sha }}")
    assert "bucket=docker-cache" in build["cache-to"]
    assert build["cache-to"].endswith("mode=max")


def test_every_script_is_good_bash(workflow: dict[Any, Any]) -> None:
    for script in scripts(workflow):
        checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


def test_no_script_is_written_by_what_a_stranger_typed(workflow: dict[Any, Any]) -> None:
    """A commit's message in a script would be run; it comes as a variable."""
    assert not [script for script in scripts(workflow) if "${{" in script]


def test_the_key_is_on_no_command_line(workflow: dict[Any, Any]) -> None:
    used = [line for script in scripts(workflow) for line in script.splitlines() if "$CODEB_API_KEY" in line]
    assert [line.split()[0] for line in used] == ["curl"]
    assert all("<(printf " in line for line in used), "a builtin of the shell, into a pipe"


@pytest.mark.parametrize("kind", ["nextjs", "remix", "nodejs", "python", "go"])
def test_there_is_a_dockerfile_to_begin_with(tool: Tool, kind: str) -> None:
    tool("project_update", projectName="blog", settings={"port": 8123})
    text = tool("workflow_generate", projectName="blog", type=kind)["dockerfile"]
    assert "EXPOSE 8123" in text


def test_a_new_project_comes_with_its_workflow(tool: Tool) -> None:
    made = tool("workflow_init", projectName="shop", type="python")
    assert made["githubActionsWorkflow"] == tool("workflow_generate", projectName="shop")["workflow"]
    assert "python" in made["dockerfile"]


def test_a_scan_says_ready_and_what_comes_next(tool: Tool) -> None:
    fresh = tool("scan", projectName="blog")
    assert (fresh["registered"], fresh["ready"], fresh["nextSteps"]) == (True, True, ["deploy"])
    tool("deploy", projectName="blog", version="v1")
    assert tool("scan", projectName="blog")["nextSteps"] == ["open the preview of blue, then promote it"]


def test_a_migration_without_its_database_is_not_ready(tool: Tool) -> None:
    tool("project_update", projectName="blog", settings={"migrate": ["node", "migrate.js"]})
    scanned = tool("scan", projectName="blog")
    assert not scanned["ready"]
    assert "DATABASE_URL" in scanned["issues"][0]
    tool("env_sync", projectName="blog", content="DATABASE_URL=postgresql://u:p@db/blog")
    assert tool("scan", projectName="blog")["ready"]


def test_a_scan_of_a_name_that_is_not_there_says_what_is(tool: Tool) -> None:
    scanned = tool("scan", projectName="block")
    assert (scanned["registered"], scanned["ready"], scanned["teamProjects"]) == (False, False, ["blog"])
    assert scanned["nextSteps"] == ["workflow_init"]


def test_the_runner_and_the_branch_are_chosen(tool: Tool) -> None:
    text = tool("workflow_generate", projectName="blog", runner=["ubuntu-24.04"], branch="release/1")["workflow"]
    chosen = yaml.safe_load(text)
    assert chosen[True]["push"]["branches"] == ["release/1"]
    assert {tuple(job["runs-on"]) for job in chosen["jobs"].values()} == {("ubuntu-24.04",)}


@pytest.mark.parametrize("wrong", [{"runner": ["a b"]}, {"runner": ["${{x}}"]}, {"runner": []}, {"branch": "a'b"}])
def test_what_is_no_label_and_no_branch_is_refused(tool: Tool, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        tool("workflow_generate", projectName="blog", **wrong)


def test_the_key_that_it_asks_for_ships_the_project_and_does_nothing_else(tool: Tool) -> None:
    """Security 13: a stolen one reads no variables, makes no keys, and leaves other projects alone."""
    wanted = tool("workflow_generate", projectName="blog")["key"]
    assert (wanted["kind"], wanted["role"], wanted["projects"]) == ("ci", "member", ["blog"])
    auth = AuthContext(
        "key_9", "team-a", Role.MEMBER, frozenset(wanted["scopes"]), frozenset(["blog"]), kind=KeyKind.CI
    )
    may = {each.name for each in registry.TOOLS if auth.may(each.permission, each.least_role)}
    needed = {"workflow_scan", "deploy", "slot_status", "task_complete", "promote", "rollback"}
    assert needed <= may
    assert not {name for name in may if name.startswith(("env_", "token_", "team_", "member_", "setup", "audit"))}
    handle, ignored = registry.find("token_create").prepare(wanted)
    assert (callable(handle), ignored) == (True, [])


def test_the_builds_cache_is_the_platforms_own(tmp_path: Path) -> None:
    """Without its address the build would ask somebody else's storage, with our key."""
    house = House(tmp_path, environ={"CODEB_S3_ENDPOINT": "https://db.codeb.test:9000"})
    house.world.init_project("blog", Actor("key_0", "api", "team-a"))
    handle, _ = registry.find("workflow_generate").prepare({"projectName": "blog"})
    call = Call(house.services, AuthContext("key_1", "team-a", Role.MEMBER), Actor("key_1", "api", "team-a"))
    assert "endpoint_url=https://db.codeb.test:9000," in handle(call)["workflow"]
