"""What ``from codeb import ...`` gives. Spec section 10, "Python"."""

import ast
import inspect
from pathlib import Path

import pytest

import codeb


def test_every_public_name_is_there() -> None:
    assert all(getattr(codeb, name) is not None for name in codeb.__all__)
    assert set(codeb.__all__) <= set(dir(codeb))


def test_types_and_values_are_the_same_list() -> None:
    """mypy reads the imports, a program the table: a name in one only would be typed and absent, or the reverse."""
    source = Path(inspect.getfile(codeb)).read_text()
    typed = {
        alias.name: str(node.module)
        for each in ast.parse(source).body
        if isinstance(each, ast.If) and isinstance(each.test, ast.Name)
        for node in each.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == codeb._HOME
    eager = {"CodebError", "ConfigError", "InvalidInput", "Refused", "Settings", "Unavailable", "__version__"}
    assert set(codeb.__all__) == eager | set(typed)


def test_nobody_knows_another_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'frobnicate'"):
        codeb.__getattr__("frobnicate")
