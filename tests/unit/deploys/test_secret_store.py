"""The operator's secrets: one file, 0600, whole at every moment."""

import json
import stat
import threading
from pathlib import Path

import pytest

from codeb.domain.infra import Infra
from codeb.errors import ConfigError
from codeb.secret_store import SecretStore
from tests.unit.deploys.conftest import ONE_HOST


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    return SecretStore(tmp_path / "secrets.json")


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
        assert {name: value for name, value in json.load(reader).items() if name != "_made"} == {"a": first}
    assert {path.name for path in store.path.parent.iterdir()} == {"secrets.json", ".secrets.json.lock"}


def test_a_write_that_fails_leaves_the_file_as_it_was(store: SecretStore) -> None:
    first = store["a"]
    with pytest.raises(TypeError):
        store.put({"b": b"not text"})  # type: ignore[dict-item]
    assert SecretStore(store.path)["a"] == first


def test_threads_lose_nothing(store: SecretStore) -> None:
    threads = [threading.Thread(target=store.put, args=({f"name_{number}": "x"},)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.values()) == 8


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


def test_when_a_value_was_made_is_kept_and_a_new_value_has_a_new_time(store: SecretStore) -> None:
    assert store["a"]
    first = store.made()
    store.put({"b": "x"})
    assert store.made().keys() == {"a", "b"}
    assert store.made()["a"] == first["a"]
    store.change(lambda values: {name: value for name, value in values.items() if name != "a"})
    assert store.made().keys() == {"b"}


def test_an_edit_that_fails_leaves_the_file_and_nothing_beside_it(store: SecretStore) -> None:
    first = store["a"]
    with pytest.raises(TypeError):
        store.put({"b": b"not text"})  # type: ignore[dict-item]
    assert store.values() == {"a": first}
    assert {path.name for path in store.path.parent.iterdir()} == {"secrets.json", ".secrets.json.lock"}


def test_the_environment_takes_precedence_and_never_gets_into_the_file(store: SecretStore) -> None:
    store.put({"a": "in the file"})
    given = SecretStore(store.path, {"CODEB_SECRET_A": "given", "CODEB_SECRET_CERTIFICATE_APP_1_KEY": "key", "A": "x"})
    assert (given["a"], given.get("certificate_app-1_key")) == ("given", "key")
    assert given["b"]
    assert store.values() == {"a": "in the file", "b": given["b"]}
    assert "given" not in repr(given)


def test_an_empty_variable_is_none(store: SecretStore) -> None:
    assert SecretStore(store.path, {"CODEB_SECRET_A": ""})["a"] == store["a"]


def test_a_store_in_the_environment_makes_nothing_up() -> None:
    given = SecretStore(None, {"CODEB_SECRET_A": "given"})
    assert (given["a"], given.get("b"), str(given)) == ("given", None, "the environment")
    with pytest.raises(ConfigError, match="the environment has no CODEB_SECRET_B: set it"):
        assert given["b"]
    with pytest.raises(ConfigError, match="cannot be written: change them there"):
        given.put({"a": "new"})


def test_half_of_a_pair_in_the_environment_is_said(store: SecretStore) -> None:
    given = SecretStore(store.path, {"CODEB_SECRET_CA_KEY": "given"})
    with pytest.raises(ConfigError, match="no CODEB_SECRET_CA_CERTIFICATE"):
        given.get_or_make_all(("ca_certificate", "ca_key"), lambda: {"ca_certificate": "new", "ca_key": "new"})
    assert store.get("ca_key") is None


def test_infra_toml_says_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEB_INFRA", str(tmp_path / "infra.toml"))
    declared = {"domain": "example.org", "acme_email": "ops@example.org", "hosts": ONE_HOST}
    assert SecretStore.of(Infra.parse(declared)).path == tmp_path / "secrets.json"
    assert SecretStore.of(Infra.parse({**declared, "secrets_file": "environment"})).file is None
