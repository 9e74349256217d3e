"""The operator's secrets under two processes at once."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from codeb.secret_store import SecretStore

pytestmark = pytest.mark.integration


def ask(path: Path, names: list[str]) -> list[str]:
    store = SecretStore(path)
    return [store[name] for name in names]


def test_two_processes_at_once_make_one_value(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    names = [f"secret_{number}" for number in range(15)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        one, other = [each.result() for each in [pool.submit(ask, path, names) for _ in range(2)]]
    assert one == other
