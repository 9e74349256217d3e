"""`codeb secrets encrypt, decrypt, passwd, set`: the store's file and its passphrase, without a value on the screen."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from codeb import secret_seal
from codeb.cli.host.main import main
from codeb.secret_seal import Seal, WrongPassphrase, is_sealed
from codeb.secret_store import SecretStore
from tests.quick_scrypt import PASSPHRASE, QuickScrypt
from tests.unit.cli.test_hosts import INFRA

NEW = "another one, longer"
VALUE = "a value nobody sees"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of before, in the clear."""
    (tmp_path / "infra.toml").write_text(INFRA)
    monkeypatch.setenv("CODEB_INFRA", str(tmp_path / "infra.toml"))
    monkeypatch.setenv("CODEB_SECRETS_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(secret_seal, "scrypt", QuickScrypt())
    SecretStore(tmp_path / "secrets.json", {}).put({"env_key": VALUE})
    return tmp_path / "secrets.json"


def opened(path: Path, passphrase: str = PASSPHRASE) -> dict[str, str]:
    return SecretStore(path, {}, Seal(lambda: passphrase, lambda: passphrase)).values()


def run(*arguments: str, typed: str = "") -> Result:
    result = CliRunner().invoke(main, ["secrets", *arguments], input=typed)
    assert VALUE not in result.output
    return result


def test_a_store_in_the_clear_is_encrypted_once(path: Path) -> None:
    assert json.loads(run("encrypt", "--json").stdout) == {"success": True, "changed": True}
    assert is_sealed(json.loads(path.read_text()))
    assert opened(path) == {"env_key": VALUE}
    assert json.loads(run("encrypt", "--json").stdout)["changed"] is False


def test_a_copy_in_the_clear_is_a_new_file_for_its_owners_eyes(path: Path, tmp_path: Path) -> None:
    run("encrypt")
    copy = tmp_path / "copy"
    assert run("decrypt", str(copy)).exit_code == 0
    assert json.loads(copy.read_text()) == {"env_key": VALUE}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert is_sealed(json.loads(path.read_text()))
    copy.write_text("somebody's")
    assert run("decrypt", str(copy)).exit_code == 2
    assert copy.read_text() == "somebody's"


def test_another_passphrase_takes_the_place_of_the_old_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("encrypt")
    monkeypatch.setenv("CODEB_SECRETS_NEW_PASSPHRASE", NEW)
    assert run("passwd").exit_code == 0
    assert opened(path, NEW) == {"env_key": VALUE}
    with pytest.raises(WrongPassphrase):
        opened(path)


@pytest.mark.parametrize("command", [["list"], ["passwd"], ["rotate", "env_key"], ["set", "alerts_webhook"]])
def test_the_wrong_passphrase_is_a_sentence_and_the_file_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    run("encrypt")
    before = path.read_bytes()
    monkeypatch.setenv("CODEB_SECRETS_PASSPHRASE", "a guess, long enough")
    monkeypatch.setenv("CODEB_SECRETS_NEW_PASSPHRASE", NEW)
    result = run(*command, "--json", typed="x\n")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["code"] == "wrong_passphrase"
    assert path.read_bytes() == before


def test_what_others_made_is_put_into_the_store_by_standard_input(path: Path) -> None:
    assert json.loads(run("set", "alerts_webhook", "--json", typed="from outside\n").stdout)["changed"] is True
    assert opened(path) == {"env_key": VALUE, "alerts_webhook": "from outside"}
    assert json.loads(run("set", "alerts_webhook", "--json", typed="from outside\n").stdout)["changed"] is False


@pytest.mark.parametrize(("name", "typed"), [("alerts_webhook", "\n"), ("with space", "x\n")])
def test_nothing_is_set_without_a_name_and_a_value(path: Path, name: str, typed: str) -> None:
    before = path.read_bytes()
    assert run("set", name, typed=typed).exit_code == 2
    assert path.read_bytes() == before


def test_without_a_passphrase_nothing_is_written_in_the_clear(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEB_SECRETS_PASSPHRASE")
    before = path.read_bytes()
    result = run("rotate", "env_key")
    assert result.exit_code == 2
    assert "CODEB_SECRETS_PASSPHRASE_FILE" in result.stderr
    assert path.read_bytes() == before
