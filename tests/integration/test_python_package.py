"""The package as its users get it: the built wheel, checked by their mypy and imported on machines without a server."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from deploys.components import wheel
from tests.lab.paths import ROOT

pytestmark = pytest.mark.integration

USER = """
from typing import assert_type

from codeb import (
    Actor, CallFailed, Client, CodebError, DeployRequest, DeployResult, Environment, NothingToPromote, Receipt,
    Services, Settings, SlotState, Status, Step, Switched, build,
)


def release(services: Services, environment: Environment, me: Actor) -> str:
    def show(step: Step) -> None:
        assert_type(step.duration, float)

    deployed = services.deploy(DeployRequest(environment, "abc1234"), me, show)
    assert_type(deployed, DeployResult)
    try:
        switched = services.promote(environment, me, only=deployed.deployment_id)
    except NothingToPromote as error:
        assert_type(error.environment, Environment)
        return error.code
    assert_type(switched, Switched)
    assert_type(switched.receipt, Receipt | None)
    return switched.url


def serving(services: Services, environment: Environment) -> bool:
    status = services.status(environment)
    assert_type(status, Status)
    return status.pair.blue.state is SlotState.ACTIVE


def mine(environ: dict[str, str]) -> Services:
    return build(Settings.load(environ))


def remote(client: Client) -> int | None:
    try:
        client.call("promote", {"projectName": "blog"})
    except CallFailed as error:
        return error.status
    except CodebError:
        return None
    return 200
"""
WRONG = """
from codeb import DeployRequest, frobnicate

DeployRequest("blog")
"""
NAMES = "CallFailed, Client, ClientConfig, CodebError, Environment, Event, Settings, Unreachable"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter whose codeb is the wheel's; the libraries are those of this environment."""
    home = tmp_path_factory.mktemp("user")
    venv.create(home, symlinks=True)
    (site,) = home.glob("lib/python3*/site-packages")
    (libraries,) = (Path(sys.prefix) / "lib").glob("python3*/site-packages")
    with zipfile.ZipFile(wheel.build(wheel.source_digest())) as built:
        built.extractall(site)
    (site / "libraries.pth").write_text(f"{libraries}\n")
    return home / "bin" / "python"


def mypy(python: Path, *targets: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--python-executable={python}"]
    cache = f"--cache-dir={python.parents[1] / 'mypy'}"
    return subprocess.run(
        [*command, cache, *targets], cwd=targets[0].parent, capture_output=True, text=True, check=False
    )


def without_the_server(python: Path, program: str) -> subprocess.CompletedProcess[str]:
    absent = "import sys; sys.modules.update(dict.fromkeys(['docker', 'psycopg', 'starlette', 'structlog']))"
    command = [str(python), "-I", "-c", f"{absent}\n{program}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_users_package_and_the_examples_pass_mypy_strict(python: Path, tmp_path: Path) -> None:
    package = tmp_path / "ours"
    package.mkdir()
    (package / "__init__.py").write_text(USER)
    for example in (ROOT / "examples" / "python").glob("*.py"):
        (package / example.name).write_text(example.read_text())
    done = mypy(python, package)
    assert (done.returncode, done.stdout) == (0, "Success: no issues found in 3 source files\n"), done.stderr


def test_what_is_wrong_is_seen(python: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(WRONG)
    done = mypy(python, tmp_path / "wrong.py")
    assert 'Module "codeb" has no attribute "frobnicate"' in done.stdout
    assert 'incompatible type "str"; expected "Environment"' in done.stdout


def test_a_client_needs_nothing_of_the_servers(python: Path) -> None:
    done = without_the_server(python, f"from codeb import {NAMES}; import codeb; print(codeb.__file__)")
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).is_relative_to(python.parents[1])


def test_what_is_missing_is_named_with_the_extra_that_has_it(python: Path) -> None:
    done = without_the_server(python, "from codeb import build")
    assert done.returncode == 1
    assert "ImportError: codeb.build needs the library" in done.stderr
    assert "install codeb[server]" in done.stderr
