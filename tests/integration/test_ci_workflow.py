"""The generated workflow's scripts, run by bash and jq against what the tools take. Lesson 35."""

import json
import re
import subprocess

import pytest
import yaml

from codeb.adapters.ci_texts import CiTexts
from codeb.tools import registry

pytestmark = pytest.mark.integration

_CALL = re.compile(r'codeb_tool (?P<tool>\w+) "\$\((?P<params>.*)\)"$')
_RUNNER = {
    "PATH": "/usr/bin:/bin",
    "PROJECT": "blog",
    "ENVIRONMENT": "staging",
    "GITHUB_SHA": "a" * 40,
    "MESSAGE": "Mend it (task #7)",
}


def test_every_tool_is_called_with_what_it_takes() -> None:
    workflow = yaml.safe_load(CiTexts("codeb.test", "https", "registry.test:5000").workflow("blog"))
    scripts = [step["run"] for step in workflow["jobs"]["release"]["steps"] if "run" in step]
    where = next(line for line in scripts[0].splitlines() if line.startswith("where()"))
    matched = '[[ "$MESSAGE" =~ [Tt]ask\\ #([0-9]{1,9}) ]]'
    assert any(matched in script for script in scripts)
    called = {}
    for line in (line.strip() for script in scripts for line in script.splitlines()):
        if (call := _CALL.fullmatch(line)) is not None:
            params = json.loads(run(f"{where}\n{matched}\n{call['params']}"))
            handle, ignored = registry.find(call["tool"]).prepare(params)
            assert (callable(handle), ignored) == (True, [])
            called[call["tool"]] = params
    assert called["deploy"] == {"projectName": "blog", "environment": "staging", "version": "a" * 40}
    assert called["task_complete"] == {"taskId": 7}
    assert set(called) == {"workflow_scan", "deploy", "slot_status", "task_complete", "promote", "rollback"}


def run(script: str) -> str:
    done = subprocess.run(["bash", "-c", script], env=_RUNNER, capture_output=True, text=True, check=True)
    return done.stdout
