"""The operator's secrets: one file, 0600, whole at every moment."""

import json
import stat
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from codeb.errors import ConfigError
from deploys.secret_store import SecretStore


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    return SecretStore(tmp_path / "secrets.json")


def ask(path: Path, names: list[str]) -> list[str]:
    store = SecretStore(path)
    return [store[name] for name in names]


def test_a_secret_is_made_once(store: SecretStore) -> None:
    value = store["redis_password"]
    assert value == store["redis_password"] == SecretStore(store.path)["redis_password"]


def test_secrets_are_long_different_and_safe_in_a_url(store: SecretStore) -> None:
    values = [store[f"secret_{number}"] for number in range(20)]
    assert len(set(values)) == 20
    assert all(len(value) >= 32 for value in values)
    assert all(value.replace("-", "").replace("_", "").isalnum() for value in values)


def test_nobody_else_can_read_the_file_or_its_lock(store: SecretStore) -> None:
    assert store["a"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.path.parent.iterdir()} == {0o600}


def test_asking_for_what_is_not_there_makes_no_file(store: SecretStore) -> None:
    assert store.get("a") is None
    assert not store.path.exists()


def test_the_file_is_replaced_as_a_whole(store: SecretStore) -> None:
    first = store["a"]
    with store.path.open() as reader:
        assert store["b"]
        assert json.load(reader) == {"a": first}
    assert {path.name for path in store.path.parent.iterdir()} == {"secrets.json", ".secrets.json.lock"}


def test_a_write_that_fails_leaves_the_file_as_it_was(store: SecretStore) -> None:
    first = store["a"]
    with pytest.raises(TypeError):
        store.put({"b": b"not text"})  # type: ignore[dict-item]
    assert SecretStore(store.path)["a"] == first


def test_two_processes_at_once_make_one_value(store: SecretStore) -> None:
    names = [f"secret_{number}" for number in range(15)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        one, other = [each.result() for each in [pool.submit(ask, store.path, names) for _ in range(2)]]
    assert one == other


def test_threads_lose_nothing(store: SecretStore) -> None:
    threads = [threading.Thread(target=store.put, args=({f"name_{number}": "x"},)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(json.loads(store.path.read_text())) == 8


def test_values_that_belong_together_are_made_together(store: SecretStore) -> None:
    store.put({"certificate": "without its key"})
    made = {"certificate": "new", "key": "new"}
    assert store.get_or_make_all(("certificate", "key"), lambda: made).items() >= made.items()
    assert (store.get("certificate"), store.get("key")) == ("new", "new")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused_with_the_way_out(store: SecretStore, mode: int) -> None:
    assert store["a"]
    store.path.chmod(mode)
    with pytest.raises(ConfigError, match=rf"mode {mode:04o}\): chmod 600 it"):
        store.get("a")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": 1}', '{"a": {"b": "c"}}'])
def test_a_damaged_file_is_said_and_kept(store: SecretStore, text: str) -> None:
    store.path.write_text(text)
    store.path.chmod(0o600)
    with pytest.raises(ConfigError, match="is damaged: restore it"):
        assert store["a"]
    assert store.path.read_text() == text


def test_a_directory_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="check secrets_file"):
        assert SecretStore(tmp_path / "nowhere" / "secrets.json")["a"]


def test_a_path_that_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        SecretStore(tmp_path).get("a")


def test_no_value_is_shown_with_the_store(store: SecretStore) -> None:
    assert store["a"] not in repr(store)
