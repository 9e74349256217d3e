"""The store under the real age: its library and its program open what was written, and no other passphrase does."""

import json
from pathlib import Path

import pyrage
import pytest

from codeb.secret_seal import Seal, WrongPassphrase
from codeb.secret_store import SecretStore
from tests.integration.debian_programs import debian_program
from tests.lab.shell import run
from tests.quick_scrypt import PASSPHRASE

pytestmark = pytest.mark.integration


def sealed_with(path: Path, passphrase: str) -> SecretStore:
    return SecretStore(path, {}, Seal(lambda: passphrase, lambda: passphrase))


def test_age_itself_opens_the_store_with_the_passphrase_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    value = sealed_with(path, PASSPHRASE)["env_key"]
    with pytest.raises(WrongPassphrase):
        sealed_with(path, "a guess, long enough").values()
    assert sealed_with(path, PASSPHRASE)["env_key"] == value
    envelope = json.loads(path.read_text())
    identity, sealed = tmp_path / "identity", tmp_path / "sealed.age"
    identity.write_bytes(pyrage.passphrase.decrypt(envelope["key"].encode(), PASSPHRASE))
    sealed.write_text(envelope["sealed"])
    opened = run([debian_program("age", "age"), "--decrypt", "-i", identity, sealed])
    assert json.loads(opened)["env_key"] == value
