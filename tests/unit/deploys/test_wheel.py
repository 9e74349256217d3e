"""The wheel for the app host: equal sources give an equal digest, a changed one another."""

import tarfile
import zipfile
from pathlib import Path

import pytest
from pyinfra.api.exceptions import DeployError

from deploys.components import wheel


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "codeb").mkdir()
    (tmp_path / "codeb" / "slots.py").write_text("BLUE = 1\n")
    (tmp_path / "VERSION").write_text("1.0\n")
    (tmp_path / "pyproject.toml").write_text(
        "[tool.hatch.version]\npath = 'VERSION'\n[tool.hatch.build.targets.wheel]\npackages = ['codeb']\n"
    )
    return tmp_path


def test_the_digest_stays_while_sources_stay(tree: Path) -> None:
    before = wheel.source_digest(tree)
    (tree / "codeb" / "__pycache__").mkdir()
    (tree / "codeb" / "__pycache__" / "slots.pyc").write_bytes(b"x")
    (tree / "notes.md").write_text("not part of the wheel")
    assert wheel.source_digest(tree) == before


@pytest.mark.parametrize("path", ["codeb/slots.py", "VERSION", "pyproject.toml"])
def test_the_digest_follows_every_source(tree: Path, path: str) -> None:
    before = wheel.source_digest(tree)
    with (tree / path).open("a") as file:
        file.write("# changed\n")
    assert wheel.source_digest(tree) != before


def test_requirements_are_part_of_the_digest(tree: Path) -> None:
    before = wheel.source_digest(tree)
    (tree / "requirements").mkdir()
    (tree / "requirements" / "server.txt").write_text("starlette==1.0\n")
    assert wheel.source_digest(tree) != before


def test_a_wheel_that_cannot_be_built_says_why(tree: Path) -> None:
    with pytest.raises(DeployError, match="could not be built"):
        wheel.build("0" * 64, tree)


def test_the_wheel_carries_the_package_and_its_version() -> None:
    package = wheel.build(wheel.source_digest())
    version = (wheel.ROOT / "VERSION").read_text().strip()
    assert package.name == f"codeb-{version}-py3-none-any.whl"
    assert {"codeb/settings.py", "codeb/templates/site.caddy.j2"} <= set(zipfile.ZipFile(package).namelist())


def test_a_wheelhouse_travels_as_one_archive(tmp_path: Path) -> None:
    (tmp_path / "a-1-py3-none-any.whl").write_bytes(b"a")
    (tmp_path / "readme.txt").write_text("not a wheel")
    with tarfile.open(wheel.wheelhouse_archive(tmp_path)) as tar:
        assert tar.getnames() == ["a-1-py3-none-any.whl"]


def test_an_empty_wheelhouse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="has no wheels"):
        wheel.wheelhouse_archive(tmp_path)
