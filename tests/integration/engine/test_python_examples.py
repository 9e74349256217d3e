"""The scripts of examples/python, run as a user runs them: real engine, proxy, registry, database and API."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.bootstrap import Services
from codeb.domain.access import Role
from codeb.domain.names import Environment
from tests.integration.mortal_server import Server
from tests.integration.platform import DOMAIN, ME, Platform, assert_whole
from tests.lab.paths import ROOT

pytestmark = pytest.mark.integration

HELLO = Environment.of("hello")
EXAMPLES = ROOT / "examples" / "python"


@pytest.fixture
def services(platform: Platform) -> Iterator[Services]:
    with platform.opened() as services:
        services.init_project("hello", ME)
        yield services


@pytest.fixture
def server(platform: Platform, services: Services) -> Iterator[Server]:
    key = KeyMaker(platform.caddy.directory / "registry", SystemClock()).create("team-a", Role.OWNER, name="t", by="me")
    server = Server(platform, key.text)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def run(script: str, environ: Mapping[str, str], *arguments: str) -> tuple[str, str]:
    """The last line that it printed, and what it said aside; it ended well."""
    done = start(script, environ, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1], done.stderr


def start(script: str, environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, EXAMPLES / script, *arguments],
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_on_the_host_a_version_is_deployed_and_promoted_in_ten_lines(platform: Platform, services: Services) -> None:
    environ = {**platform.environ, "CODEB_ENV_FILE": str(platform.caddy.directory / "absent.env"), "LOGNAME": "kim"}
    assert run("on_the_host.py", environ, "hello", "v1")[0] == f"v1 serves http://hello.{DOMAIN}"
    assert platform.ask(HELLO.host(DOMAIN)).body == "hello v1\n"
    assert_whole(platform, services, HELLO)
    (deployment,) = services.history.deployments("hello", None, 5)
    assert (deployment.deployed_by, deployment.source) == ("kim", "python")
    assert run("on_the_host.py", environ, "hello", "v1")[0] == "v1 served already"
    refused = start("on_the_host.py", environ, "hello", "crash")
    assert refused.returncode == 1
    assert refused.stderr.startswith("unhealthy: hello-production-green is not healthy")
    assert platform.ask(HELLO.host(DOMAIN)).body == "hello v1\n"


def test_from_anywhere_the_same_over_the_api(platform: Platform, services: Services, server: Server) -> None:
    environ = {"CODEB_API_URL": f"http://{server.address}", "CODEB_API_KEY": server.key, "HOME": "/nonexistent"}
    said, steps = run("from_anywhere.py", environ, "hello", "v2")
    assert said == f"v2 serves http://hello.{DOMAIN}"
    assert "health_check success\n" in steps
    assert platform.ask(HELLO.host(DOMAIN)).body == "hello v2\n"
    (deployment,) = services.history.deployments("hello", None, 5)
    assert deployment.source == "python"
    assert run("from_anywhere.py", environ, "hello", "v2")[0] == "v2 served already"
    refused = start("from_anywhere.py", environ, "absent", "v2")
    assert (refused.returncode, refused.stderr) == (1, "unknown_project: no project 'absent'; workflow_init makes it\n")
    assert server.key not in said + steps + refused.stderr
