"""`codeb hosts check` in a process of its own, on a machine that lacks libraries."""

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest

pytestmark = pytest.mark.integration


def without(modules: Sequence[str]) -> subprocess.CompletedProcess[str]:
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({list(modules)!r}))\n"
        "sys.argv = ['codeb', 'hosts', 'check', '--json']\n"
        "from codeb.cli.host.main import main; main()"
    )
    done = [sys.executable, "-c", program]
    environment = {"CODEB_INFRA": "/nowhere", "PATH": "/usr/bin:/bin"}
    return subprocess.run(done, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_operators_machine_needs_nothing_of_the_servers() -> None:
    done = without(["docker", "psycopg", "starlette", "uvicorn", "structlog", "dotenv", "prometheus_client"])
    assert (done.returncode, json.loads(done.stdout)["success"]) == (2, False)
    assert "Traceback" not in done.stderr


def test_a_missing_library_is_named_with_the_extra_that_has_it() -> None:
    done = without(["paramiko"])
    assert done.returncode == 2
    assert "needs the library paramiko: install codeb[provision]" in done.stderr
