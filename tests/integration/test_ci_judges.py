"""The generated workflow before the judges that GitHub's users have: the published schema, zizmor, shellcheck."""

import json
import subprocess
import sys
from itertools import cycle
from pathlib import Path

import pytest
import yaml

from codeb.adapters.ci_texts import CiTexts
from tests.integration.debian_programs import debian_program

pytestmark = pytest.mark.integration

BIN = Path(sys.executable).parent
PLATFORMS = (
    CiTexts("example.com", "https", "db.example.com:5000", "https://db.example.com:9000"),
    CiTexts("lab.test", "https", "db.lab.test:5000", "https://db.lab.test:9000", own_authority=True),
    CiTexts("codeb.test", "http", "registry.test"),
)
RUNNERS = (("self-hosted", "linux"), ("ubuntu-24.04",), ("on", "12", "no.1_x"))
BRANCHES = cycle(("main", "release/1.0", "null", "no"))
PROJECTS = cycle(("blog", "null", "no"))
EVERY = [
    platform.workflow(next(PROJECTS), runner=runner, branch=next(BRANCHES))
    for platform in PLATFORMS
    for runner in RUNNERS
]
MEANT = {"self-hosted-runner", "secrets-outside-env"}
"""Our own runners, and secrets of the repository instead of an environment's, which not every plan of GitHub has."""


@pytest.fixture
def written(tmp_path: Path) -> list[Path]:
    """Each workflow in a file."""
    paths = [tmp_path / f"{number}.yml" for number in range(len(EVERY))]
    for path, text in zip(paths, EVERY, strict=True):
        path.write_text(text)
    return paths


def test_each_is_a_workflow_by_the_published_schema(written: list[Path]) -> None:
    assert by_schema(*written).returncode == 0


def test_the_schema_knows_a_wrong_one(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(EVERY[0].replace("queue: max", "queue: all"))
    assert by_schema(path).returncode == 1


def by_schema(*paths: Path) -> subprocess.CompletedProcess[str]:
    check = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows"]
    return subprocess.run([*check, *map(str, paths)], capture_output=True, text=True, check=False)


def test_zizmor_finds_nothing_but_what_is_meant(written: list[Path]) -> None:
    """As strictly as it judges."""
    assert findings("auditor", *written) == MEANT
    assert findings("pedantic", *written) == set()


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        ("@9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0 # v7.0.0", "@v7", "unpinned-uses"),
        ("persist-credentials: false", "fetch-depth: 1", "artipacked"),
        ("  push:\n", "  pull_request_target:\n", "dangerous-triggers"),
        ('eval "$CODEB_SH"', 'echo "${{ github.event.head_commit.message }}"', "template-injection"),
        ("permissions: {}", "permissions: write-all", "excessive-permissions"),
    ],
)
def test_zizmor_would_find_it(tmp_path: Path, right: str, wrong: str, finding: str) -> None:
    path = tmp_path / "wrong.yml"
    assert right in EVERY[0]
    path.write_text(EVERY[0].replace(right, wrong))
    assert finding in findings("regular", path)


def findings(persona: str, *paths: Path) -> set[str]:
    judge = [str(BIN / "zizmor"), "--offline", "--no-config", "--no-progress", "--format", "json"]
    done = subprocess.run([*judge, "--persona", persona, *map(str, paths)], capture_output=True, text=True, check=False)
    return {each["ident"] for each in json.loads(done.stdout)}


def test_shellcheck_finds_nothing_in_any_script(tmp_path: Path) -> None:
    scripts = [script for text in EVERY for script in with_what_they_share(text)]
    paths = [tmp_path / f"{number}.sh" for number in range(len(set(scripts)))]
    for path, script in zip(paths, sorted(set(scripts)), strict=True):
        path.write_text(script)
    judge = [str(debian_program("shellcheck", "shellcheck")), "--shell", "bash", "--severity", "style"]
    done = subprocess.run([*judge, *map(str, paths)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def with_what_they_share(text: str) -> list[str]:
    """The scripts, in which shared functions stand instead of the ``eval`` that brings them."""
    workflow = yaml.safe_load(text)
    shared = workflow["env"]["CODEB_SH"]
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    return [step["run"].replace('eval "$CODEB_SH"\n', shared) for step in steps if "run" in step]
