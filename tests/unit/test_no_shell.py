"""No line of text becomes a command: nothing in the package asks for a shell. Lesson 1; spec section 8."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "codeb"
ASKS_FOR_A_SHELL = {"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell"}
SHELLS = {"sh", "bash", "dash", "/bin/sh", "/bin/bash", "/usr/bin/sh", "/usr/bin/bash"}


def shells(source: str) -> list[int]:
    """The lines that ask for a shell, or hand one a text."""
    tree = ast.parse(source)
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call | ast.List | ast.Tuple) and _is(node)]


def _is(node: ast.Call | ast.List | ast.Tuple) -> bool:
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return called in ASKS_FOR_A_SHELL or any(each.arg == "shell" for each in node.keywords)
    words = list(_words(node))
    return bool(words) and words[0] in SHELLS and any(word.startswith("-") and "c" in word for word in words[1:])


def _words(node: ast.List | ast.Tuple) -> Iterator[str]:
    for each in node.elts:
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def test_no_module_asks_for_one() -> None:
    found = {str(path.relative_to(PACKAGE)): shells(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}
    assert len(found) > 200
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "subprocess.run(f'docker pull {image}', shell=True)",
        "os.system(command)",
        "run(['sh', '-c', f'psql -c {sql}'])",
        "run(('/bin/bash', '-ec', text))",
        "asyncio.create_subprocess_shell(text)",
    ],
)
def test_one_that_did_would_be_found(line: str) -> None:
    assert shells(line) == [1]
