"""docs/python.md: what it shows is what is there, and does what it says."""

import ast
import re

import pytest

import codeb
from tests.lab.paths import ROOT

TEXT = (ROOT / "docs" / "python.md").read_text()
FILES = {path: text for path, text in re.findall(r"<!-- (\S+) -->\n```python\n(.*?)```", TEXT, re.DOTALL)}
BLOCKS = [block for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if block not in FILES.values()]


def test_the_scripts_that_it_shows_are_those_of_the_repository() -> None:
    scripts = {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "examples" / "python").glob("*.py")}
    assert scripts == FILES


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_runs_and_its_assertions_hold(block: str) -> None:
    assert "assert" in block
    exec(compile(block, "docs/python.md", "exec"), {})


@pytest.mark.parametrize("script", sorted(FILES))
def test_a_release_takes_ten_lines_and_public_names_only(script: str) -> None:
    tree = ast.parse(FILES[script])
    main = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    assert main.end_lineno is not None
    assert main.end_lineno - main.lineno <= 10
    ours = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and "codeb" in str(node.module)]
    assert {node.module for node in ours} == {"codeb"}
    assert {alias.name for node in ours for alias in node.names} <= set(codeb.__all__)
