"""A runner of GitHub's workflows for the lab: jobs, steps, conditions and expressions as GitHub has them."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.actions import Actions, Failed, said
from tests.lab.confidential import Confidential
from tests.lab.expressions import filled, holds, shown

Workflow = Mapping[Any, Any]
_SHELLS = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}


@dataclass(slots=True)
class Run:
    """What each step said that ran, in order; ``failed`` is the step that ended the run."""

    said: dict[str, str] = field(default_factory=dict)
    failed: str | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Runner:
    """``environment`` is the runner's own; ``actions`` makes its actions for a workspace and a directory of a run's."""

    root: Path
    environment: Mapping[str, str]
    secrets: Confidential
    actions: Callable[[Path, Path], Actions]

    def run(self, workflow: Workflow, sha: str, inputs: Mapping[str, str] | None = None) -> Run:
        """A push of the commit, or with ``inputs`` what somebody chose by hand."""
        run = Run()
        github: dict[str, Any] = {"sha": sha, "event_name": "workflow_dispatch" if inputs else "push", "event": {}}
        context = {"github": github, "inputs": inputs or {}, "secrets": self.secrets}
        for job in workflow["jobs"].values():
            if holds(job["if"], context):
                self._prepared(workflow, context, run).work(job["steps"])
        return run

    def _prepared(self, workflow: Workflow, context: dict[str, Any], run: Run) -> "_Job":
        temp = self.root / f"run{len(list(self.root.iterdir()))}"
        temp.mkdir()
        own = {
            **self.environment,
            "GITHUB_SHA": context["github"]["sha"],
            "GITHUB_STEP_SUMMARY": str(temp / "summary"),
            "RUNNER_TEMP": str(temp),
            "DOCKER_CONFIG": str(temp / "docker"),
        }
        env = {name: filled(text, context) for name, text in workflow["env"].items()}
        shell = _SHELLS[workflow["defaults"]["run"]["shell"]]
        actions = self.actions(temp / "workspace", temp)
        return _Job(actions, shell, {**own, **env}, {**context, "env": env}, run)


@dataclass(frozen=True, slots=True)
class _Job:
    actions: Actions
    shell: list[str]
    environment: Mapping[str, str]
    context: Mapping[str, Any]
    run: Run

    def work(self, steps: list[Mapping[str, Any]]) -> None:
        """Every step in turn; after one that failed only those that are always wanted."""
        try:
            for step in steps:
                condition = step.get("if", "success()")
                now = {**self.context, "success()": self.run.failed is None, "always()": True}
                if holds(condition, now) and (self.run.failed is None or "always()" in condition):
                    self._step(step)
        finally:
            self._clear_up()

    def _step(self, step: Mapping[str, Any]) -> None:
        environment = {**self.environment, **self._filled(step.get("env", {}))}
        try:
            self.run.said[step["name"]] = self._done(step, environment)
        except Failed as failure:
            self.run.said[step["name"]] = str(failure)
            self.run.failed = self.run.failed or step["name"]

    def _done(self, step: Mapping[str, Any], environment: Mapping[str, str]) -> str:
        if "uses" in step:
            return self.actions.run(step["uses"], self._filled(step["with"]), environment)
        script = self.actions.temp / "step.sh"
        script.write_text(step["run"])
        workspace = self.actions.workspace
        return said([*self.shell, script], environment, cwd=workspace if workspace.exists() else self.actions.temp)

    def _filled(self, texts: Mapping[str, object]) -> dict[str, str]:
        return {name: filled(shown(text), self.context) for name, text in texts.items()}

    def _clear_up(self) -> None:
        self.actions.clear(self.environment)
        summary = Path(self.environment["GITHUB_STEP_SUMMARY"])
        self.run.summary += summary.read_text() if summary.exists() else ""
        shutil.rmtree(self.actions.workspace, ignore_errors=True)
