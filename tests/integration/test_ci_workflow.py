"""The generated workflow's scripts, run by bash and jq against what the tools take. Lesson 35; security 4 and 13."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from codeb.adapters.ci_texts import CI_SCOPES, CiTexts
from codeb.tools import registry

pytestmark = pytest.mark.integration

SHA = "a" * 40
KEY = "codeb_team-a_member_secret"
CURL = """#!/bin/bash
printf '%s\\n' "$@" >> "$SEEN/words"
for word in "$@"; do
  [[ $word == @/dev/fd/* ]] && cat "${word#@}" >> "$SEEN/headers"
  [[ $word == --config ]] && { cat > "$SEEN/config"; cat "$SEEN/preview"; exit; }
done
cat > "$SEEN/body"
cat "$SEEN/answer"
"""
WORKFLOW: Mapping[Any, Any] = yaml.safe_load(CiTexts("codeb.test", "https", "registry.test:5000").workflow("blog"))
STEPS = {step["name"]: step for job in WORKFLOW["jobs"].values() for step in job["steps"]}
DEPLOYED = {"slot": "blue", "previewLink": "https://x/?t=hidden", "previewUrl": "https://x", "deploymentId": "d-1"}
HELD: dict[str, Any] = {"success": True, "slots": {"blue": {"version": SHA}, "green": {"version": "b" * 40}}}
CALLS = {
    "2 Scan": ("workflow_scan", {"projectName": "blog"}),
    "4 Deploy": ("deploy", {"projectName": "blog", "environment": "staging", "version": SHA}),
    "5 Verify": ("slot_status", {"projectName": "blog", "environment": "staging"}),
    "6 Complete the task": ("task_complete", {"taskId": 7, "deployId": "d-1"}),
    "Promote": ("promote", {"projectName": "blog", "environment": "staging"}),
    "Roll back": ("rollback", {"projectName": "blog", "environment": "staging", "reason": "workflow_dispatch"}),
}


@dataclass(frozen=True, slots=True)
class Job:
    """A runner's directory, a commit, and a curl that answers what it is told and keeps what it is given."""

    root: Path

    def run(self, step: str, answer: object, *, preview: str = "200 blue") -> subprocess.CompletedProcess[str]:
        (self.root / "answer").write_text(answer if isinstance(answer, str) else json.dumps(answer))
        (self.root / "preview").write_text(f"302 -\n{preview}\n")
        (self.root / "codeb-deployed.json").write_text(json.dumps(DEPLOYED))
        environment = {
            **WORKFLOW["env"],
            "PATH": f"{self.root}:/usr/bin:/bin",
            "SEEN": str(self.root),
            "RUNNER_TEMP": str(self.root),
            "GITHUB_SHA": SHA,
            "GITHUB_STEP_SUMMARY": str(self.root / "summary"),
            "ENVIRONMENT": "staging",
            "CODEB_API_KEY": KEY,
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[step]["run"]]
        return subprocess.run(command, env=environment, cwd=self.root, capture_output=True, text=True, check=False)

    def commit(self, message: str) -> None:
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@codeb.test", "-C", str(self.root)]
        subprocess.run([*git, "init", "--quiet"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", message], check=True)

    def seen(self, name: str) -> str:
        path = self.root / name
        return path.read_text() if path.exists() else ""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "curl").write_text(CURL)
    (tmp_path / "curl").chmod(0o755)
    return Job(tmp_path)


@pytest.mark.parametrize("step", CALLS)
def test_every_tool_is_called_with_what_it_takes(job: Job, step: str) -> None:
    job.commit("Mend it (task #7)")
    done = job.run(step, {**DEPLOYED, **HELD, "ready": True, "issues": []})
    assert done.returncode == 0, done.stdout + done.stderr
    asked = json.loads(job.seen("body"))
    assert (asked["tool"], asked["params"]) == CALLS[step]
    handle, ignored = registry.find(asked["tool"]).prepare(asked["params"])
    assert (callable(handle), ignored) == (True, [])


def test_no_other_step_has_a_script_that_is_not_tried_here() -> None:
    asking = {name for name, step in STEPS.items() if "codeb_tool" in step.get("run", "")}
    assert asking == set(CALLS)


def test_the_keys_scopes_are_those_of_the_tools_and_none_more() -> None:
    assert sorted({registry.find(tool).permission for tool, _ in CALLS.values()}) == sorted(CI_SCOPES)


@pytest.mark.parametrize("step", CALLS)
def test_the_key_is_in_a_header_and_on_no_command_line(job: Job, step: str) -> None:
    job.commit("Mend it (task #7)")
    done = job.run(step, {**DEPLOYED, **HELD, "ready": True})
    assert job.seen("headers") == f"X-API-Key: {KEY}\n"
    left = "".join(path.read_text() for path in job.root.glob("codeb-*")) + done.stdout + done.stderr
    assert KEY not in job.seen("words") + left


@pytest.mark.parametrize("step", CALLS)
def test_a_refusal_ends_the_step_with_its_sentence(job: Job, step: str) -> None:
    """In one line: an application's last words must not be read as commands to the runner."""
    job.commit("Mend it (task #7)")
    done = job.run(step, {"success": False, "error": "no room\n::add-path::/evil", "code": "quota"})
    assert done.returncode == 1
    assert "::error::no room ::add-path::/evil\n" in done.stdout
    assert not [line for line in done.stdout.splitlines() if line.startswith("::add-path")]


@pytest.mark.parametrize("answer", ["", "<html>Bad gateway</html>"])
@pytest.mark.parametrize("step", CALLS)
def test_what_is_no_answer_ends_the_step(job: Job, step: str, answer: str) -> None:
    job.commit("Mend it (task #7)")
    assert job.run(step, answer).returncode != 0


def test_a_project_that_is_not_ready_stops_the_job(job: Job) -> None:
    done = job.run("2 Scan", {"success": True, "ready": False, "issues": ["no variables", "no disk"]})
    assert done.returncode == 1
    assert "::error::no variables; no disk\n" in done.stdout


def test_a_previews_token_is_in_no_log_and_no_summary(job: Job) -> None:
    """Security 14: people who may open the preview ask the platform for its link."""
    deployed = job.run("4 Deploy", {"success": True, **DEPLOYED})
    verified = job.run("5 Verify", {**HELD, "slots": {**HELD["slots"], "x": DEPLOYED}})
    assert job.seen("summary") == "Deployed to blue: https://x\n"
    assert "hidden" in job.seen("config")
    assert "hidden" not in deployed.stdout + verified.stdout + job.seen("words")


@pytest.mark.parametrize(
    ("preview", "good"),
    [
        ("200 blue", True),
        ("302 blue", True),
        ("404 blue", True),
        ("502 blue", False),
        ("200 green", False),
        ("000 ", False),
    ],
)
def test_the_preview_must_be_answered_by_the_new_slot(job: Job, preview: str, good: bool) -> None:
    assert (job.run("5 Verify", HELD, preview=preview).returncode == 0) is good


def test_a_slot_with_another_version_is_not_verified(job: Job) -> None:
    held = {**HELD, "slots": {"blue": {"version": "b" * 40}}}
    done = job.run("5 Verify", held)
    assert done.returncode == 1
    assert f"::error::blue does not hold {SHA}" in done.stdout


@pytest.mark.parametrize(
    ("message", "task"),
    [
        ("task #12", 12),
        ("Task #3: greet", 3),
        ("Greet\n\nEnds task #4.", 4),
        ("multitask #5", None),
        ("task 6", None),
        ("task #12345678901", None),
        ("$(touch gone) `touch gone` task #8", 8),
    ],
)
def test_a_task_is_named_as_task_and_its_number(job: Job, message: str, task: int | None) -> None:
    job.commit(message)
    assert job.run("6 Complete the task", {"success": True}).returncode == 0
    body = job.seen("body")
    assert (json.loads(body)["params"]["taskId"] if body else None) == task
    assert not (job.root / "gone").exists()
