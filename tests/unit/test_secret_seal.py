"""The store's file under its seal: what is in the clear is encrypted, what does not open is left alone."""

import json
import stat
from pathlib import Path

import pytest

from codeb import secret_seal
from codeb.errors import ConfigError
from codeb.secret_seal import Seal, WrongPassphrase, is_sealed
from codeb.secret_store import SecretStore
from tests.quick_scrypt import PASSPHRASE, QuickScrypt


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_seal, "scrypt", QuickScrypt())


def sealed_with(path: Path, passphrase: str = PASSPHRASE) -> SecretStore:
    return SecretStore(path, {}, Seal(lambda: passphrase, lambda: passphrase))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets.json"


def test_a_new_store_is_encrypted_and_opens_in_another_process(path: Path) -> None:
    value = sealed_with(path)["env_key"]
    assert value not in path.read_text()
    assert "env_key" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sealed_with(path)["env_key"] == value


def test_a_store_in_the_clear_is_read_and_encrypted_by_the_first_write(path: Path) -> None:
    SecretStore(path, {}).put({"env_key": "of before"})
    store = sealed_with(path)
    assert store["env_key"] == "of before"
    assert "of before" in path.read_text()
    made = store.made()["env_key"]
    assert store["redis_codeb_password"]
    assert is_sealed(json.loads(path.read_text()))
    assert (store["env_key"], store.made()["env_key"]) == ("of before", made)


def test_another_passphrase_opens_nothing_and_changes_nothing(path: Path) -> None:
    sealed_with(path)["env_key"]
    before = path.read_bytes()
    thief = sealed_with(path, "a guess, long enough")
    for act in (thief.values, lambda: thief["new"], lambda: thief.put({"env_key": "x"}), thief.encrypt):
        with pytest.raises(WrongPassphrase, match="nothing was changed"):
            act()
    assert path.read_bytes() == before


def test_a_damaged_envelope_is_said_and_kept(path: Path) -> None:
    sealed_with(path)["env_key"]
    envelope = json.loads(path.read_text())
    envelope["sealed"] = envelope["sealed"].replace("A", "B")
    path.write_text(json.dumps(envelope))
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="damaged"):
        sealed_with(path).put({"env_key": "x"})
    assert path.read_bytes() == before


def test_the_passphrase_is_asked_for_once_a_process(path: Path) -> None:
    asked: list[str] = []

    def known() -> str:
        asked.append("asked")
        return PASSPHRASE

    sealed_with(path)["a"]
    store = SecretStore(path, {}, Seal(known, lambda: "never asked"))
    for name in ("a", "b", "c"):
        assert store[name]
    assert len(asked) == 1


def test_a_new_passphrase_ends_the_old_one_and_the_old_key(path: Path) -> None:
    store = sealed_with(path)
    value = store["env_key"]
    old = json.loads(path.read_text())
    store.seal_anew(lambda: "another one, longer")
    with pytest.raises(WrongPassphrase):
        sealed_with(path).values()
    assert sealed_with(path, "another one, longer")["env_key"] == value
    new = json.loads(path.read_text())
    path.write_text(json.dumps({"key": old["key"], "sealed": new["sealed"]}))
    with pytest.raises(ConfigError, match="damaged"):
        sealed_with(path).values()


def test_encrypting_twice_changes_nothing(path: Path) -> None:
    SecretStore(path, {}).put({"env_key": "of before"})
    assert sealed_with(path).encrypt() is True
    before = path.read_bytes()
    assert sealed_with(path).encrypt() is False
    assert path.read_bytes() == before


def test_there_is_nothing_to_encrypt_without_a_store(path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        sealed_with(path).encrypt()
    assert not path.exists()


def test_without_a_seal_an_encrypted_store_is_no_empty_one(path: Path) -> None:
    sealed_with(path)["a"]
    with pytest.raises(ConfigError, match="encrypted"):
        SecretStore(path, {}).put({"b": "x"})
