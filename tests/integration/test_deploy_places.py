"""The deploys of a team are counted across processes, and those of a killed one count no more. Security 10."""

import os
import signal
from pathlib import Path

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.deploy_places import FileDeployPlaces
from tests.integration.programs import heard, program

pytestmark = pytest.mark.integration

HOLD = """
from codeb.adapters.deploy_places import FileDeployPlaces
with FileDeployPlaces(directory, SystemClock()).taken("team-a", BLOG, "kim", lambda others: None):
    say("held")
    sys.stdin.readline()
"""


def test_a_deploy_of_another_process_counts_until_that_is_killed(tmp_path: Path) -> None:
    places = FileDeployPlaces(tmp_path, SystemClock())
    with program(HOLD, tmp_path) as process:
        assert heard(process) == "held"
        assert [each.by for each in places.underway("team-a")] == ["kim"]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert places.underway("team-a") == []
        assert list(tmp_path.iterdir()) == []
