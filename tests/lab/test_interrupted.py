"""A run of the operator's own command that is killed between a file and its restart, on a host."""

import re
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from tests.lab import provisioning
from tests.lab.paths import ROOT

pytestmark = pytest.mark.lab

ROLE = "streaming"
SETTINGS, UNIT = "/etc/default/prometheus-node-exporter", "prometheus-node-exporter.service"
STEP = "Base | Configure the exporters"


def started(machine: Any) -> str:
    found: str = machine.check_output(f"systemctl show --property ExecMainStartTimestampMonotonic --value {UNIT}")
    return found


def kill_after(step: str) -> None:
    """As soon as the step has changed the host; what comes next asks the host first, and is not sent any more."""
    begun, done = re.compile(rf"Starting operation: {re.escape(step)}\s*$"), re.compile(rf"\[{ROLE}\].*Success")
    with subprocess.Popen(
        provisioning.command(),
        cwd=ROOT,
        env=provisioning.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        assert run.stdout is not None
        within = False
        for line in run.stdout:
            within = bool(begun.search(line)) or (within and "Starting operation" not in line)
            if within and done.search(line):
                run.kill()
                return
    pytest.fail(f"the run ended without a change by {step!r}")


def test_a_run_killed_between_a_file_and_its_restart_restarts_next_time(machines: Mapping[str, Any]) -> None:
    machine = machines[ROLE]
    before = started(machine)
    machine.check_output(f"echo '# by hand' >> {SETTINGS}")
    kill_after(STEP)
    assert "by hand" not in machine.check_output(f"cat {SETTINGS}"), "the file is put right"
    assert started(machine) == before, "and the service still runs with the other"
    provisioning.counted()
    assert int(started(machine)) > int(before)
    assert provisioning.counted().success == 0
