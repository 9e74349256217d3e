"""The table of secrets: it has a row for each that the platform uses, and no row for anything else."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from codeb.domain.secret_table import ALL, TABLE, Making, Row, row_of, secret_of, secrets_of
from deploys.components.s3_engines import BUCKETS

DEPLOYS = Path(__file__).parents[3] / "deploys"
ASKED = {"get", "get_or_make", "get_or_make_all", "put", "previous", "_kept", "_given"}


def texts(node: ast.AST) -> Iterator[str]:
    """Literal texts in an expression, with ``*`` for what is put into them."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from texts(child)


def is_store(node: ast.AST) -> bool:
    return getattr(node, "attr", getattr(node, "id", "")) in {"secrets", "store"}


TREES = [ast.parse(path.read_text()) for path in DEPLOYS.rglob("*.py")]
SPOKEN = {text for tree in TREES for text in texts(tree)}
"""Every text in the code."""


def used() -> set[str]:
    """Texts that stand where a store is asked for a secret."""
    found: set[str] = set()
    for node in (node for tree in TREES for node in ast.walk(tree)):
        if isinstance(node, ast.Subscript) and is_store(node.value):
            found |= set(texts(node.slice))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKED:
            asked = is_store(node.func.value) or node.func.attr == "_kept"
            found |= {name for argument in node.args[:1] for name in texts(argument) if asked}
    return {text for text in found if re.fullmatch(r"[a-z0-9_*]*[a-z0-9][a-z0-9_*]*", text)}


def test_the_code_was_really_looked_through() -> None:
    assert {"env_key", "probe_secret", "ca_key", "postgres_*_password", "certificate_*"} <= used()


def test_every_secret_that_the_code_asks_for_by_name_has_a_row() -> None:
    known = {entry for row in TABLE for entry in (*row.entries(row.name), *row.along)}

    def has_row(name: str) -> bool:
        return secret_of(name) is not None or any(fnmatchcase(each, name) for each in known)

    assert [name for name in used() if not has_row(name)] == []


def test_every_row_is_of_a_secret_that_the_code_still_uses() -> None:
    patterns = {text for text in SPOKEN if len(text.replace("*", "")) > 5 and " " not in text}
    patterns |= {f"s3_{bucket.replace('-', '_')}_{part}" for bucket in BUCKETS for part in ("secret", "access_key")}
    stale = [row.name for row in TABLE if not any(fnmatchcase(row.name, pattern) for pattern in patterns)]
    assert stale == []


def test_no_secret_has_two_rows() -> None:
    assert [row.name for row in TABLE] == list(dict.fromkeys(row.name for row in TABLE))
    assert all(row_of(row.name) is row for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_row_says_what_it_is_what_to_run_what_it_interrupts_and_what_ends_the_old_one(row: Row) -> None:
    assert all((row.purpose, row.runs, row.interrupts, row.ends))
    assert list(row.runs) == [role for role in ALL if role in row.runs]


@pytest.mark.parametrize(
    ("entry", "secret"),
    [
        ("env_key", "env_key"),
        ("env_key_previous", "env_key"),
        ("postgres_codeb_verifier", "postgres_codeb_password"),
        ("ca_certificate", "ca_key"),
        ("certificate_app-1_pem", "certificate_app-1"),
        ("intermediate_app_names", "intermediate_app"),
        ("of_somebody_else", None),
    ],
)
def test_each_name_in_the_store_belongs_to_one_secret(entry: str, secret: str | None) -> None:
    assert secret_of(entry) == secret


def test_secrets_are_told_once_and_in_the_tables_order() -> None:
    entries = [
        "ca_key",
        "certificate_b_pem",
        "certificate_a_key",
        "certificate_a_pem",
        "env_key",
        "ca_certificate",
        "x",
    ]
    assert secrets_of(entries) == ["env_key", "ca_key", "certificate_a", "certificate_b"]


def test_keys_of_somebody_elses_object_storage_are_not_made_up() -> None:
    ours, theirs = row_of("s3_docker_cache_secret"), row_of("s3_docker_cache_secret", external_s3=True)
    assert ours
    assert theirs
    assert (ours.making, theirs.making) == (Making.STORE, Making.OPERATOR)
