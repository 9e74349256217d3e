"""The Dockerfiles that projects begin with, before BuildKit's own checks; the one for Go is built in ``test_ci.py``."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from codeb.adapters.ci_texts import PROJECT_TYPES, CiTexts, ProjectType
from codeb.domain.project import ProjectSettings
from tests.lab import builder
from tests.lab.actions import Failed, said

pytestmark = pytest.mark.lab

BASES = ("node:24-slim", "python:3.13-slim", "golang:1.26")
TEXTS = CiTexts("codeb.test", "https", "registry.test:5000")


@pytest.fixture(scope="module")
def buildx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A directory and what buildx needs to know: a builder of its own, empty stand-ins for the base images."""
    directory = tmp_path_factory.mktemp("buildkit")
    (directory / "base").mkdir()
    daemon = builder.start(directory, "[registry]\n", {})
    environment = {"BUILDX_CONFIG": str(directory / "buildx"), "BUILDX_BUILDER": "checks"}
    said([builder.buildx(), "create", "--name=checks", "--driver=remote", builder.address(directory)], environment)
    yield directory, environment
    builder.stop(daemon)


def check(buildx: tuple[Path, dict[str, str]], kind: ProjectType, text: str) -> str:
    """What BuildKit says about it; raises Failed when that is a warning."""
    directory, environment = buildx
    context = directory / kind
    context.mkdir(exist_ok=True)
    (context / "Dockerfile").write_text(f"# check=error=true\n{text}")
    (context / ".dockerignore").write_text(TEXTS.dockerignore(kind))
    bases = [f"--build-context={base}={directory / 'base'}" for base in BASES]
    return said([builder.buildx(), "build", "--call=check", "--progress=plain", *bases, context], environment)


@pytest.mark.parametrize("kind", PROJECT_TYPES)
def test_buildkit_warns_of_nothing(buildx: tuple[Path, dict[str, str]], kind: ProjectType) -> None:
    assert "Check complete, no warnings found." in check(buildx, kind, TEXTS.dockerfile(kind, ProjectSettings()))


@pytest.mark.parametrize("kind", PROJECT_TYPES)
def test_buildkit_would_warn(buildx: tuple[Path, dict[str, str]], kind: ProjectType) -> None:
    text = TEXTS.dockerfile(kind, ProjectSettings()).replace(" AS build", " as build")
    with pytest.raises(Failed, match="FromAsCasing"):
        check(buildx, kind, text)
