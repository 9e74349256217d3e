"""The script that hosts are asked by: run on this machine, and read back."""

import subprocess

import pytest

from codeb.adapters import host_script

pytestmark = pytest.mark.integration


def test_a_shell_understands_it_and_this_machine_answers() -> None:
    run = subprocess.run(
        ["sh", "-s"], input=host_script.script(["localhost"]), capture_output=True, text=True, timeout=30, check=True
    )
    facts = host_script.parse(run.stdout, fingerprint="SHA256:x", host_key_known=True, clock_ahead=0.0)
    assert facts.architecture
    assert facts.memory > 0
    assert "/" in facts.free or facts.free
    assert set(facts.names["localhost"]) <= {"127.0.0.1", "::1"}
