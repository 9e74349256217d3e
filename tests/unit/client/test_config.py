"""Where the address and the key come from, and how they are kept. Spec section 10."""

import json
import stat
from pathlib import Path

import pytest

from codeb.client import ClientConfig, NotLoggedIn
from codeb.client.config import path_in
from codeb.errors import ConfigError
from codeb.setting_values import Secret

STORED = ClientConfig("https://api.example.org", Secret("codeb_a_owner_s3cret"), "/ca.crt", allow_http=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_kept_is_found_again_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = STORED.save(tmp_path)
    assert ClientConfig.load({}, tmp_path) == STORED
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [each.name for each in path.parent.iterdir()] == ["config.json"]


def test_a_folder_that_others_can_enter_is_closed(tmp_path: Path) -> None:
    (tmp_path / ".codeb").mkdir(mode=0o755)
    assert mode(STORED.save(tmp_path).parent) == 0o700


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [("CODEB_API_URL", "api_url", "https://other"), ("CODEB_CA", "ca", "/other.crt")],
)
def test_the_environment_comes_first(tmp_path: Path, name: str, field: str, value: str) -> None:
    STORED.save(tmp_path)
    assert getattr(ClientConfig.load({name: f" {value} "}, tmp_path), field) == value
    assert ClientConfig.load({"CODEB_API_KEY": "k"}, tmp_path).api_key.reveal() == "k"


@pytest.mark.parametrize(("word", "allowed"), [("1", True), ("", False), ("0", False), ("yes", False)])
def test_http_is_allowed_by_a_plain_word_only(tmp_path: Path, word: str, allowed: bool) -> None:
    assert ClientConfig.load({"CODEB_ALLOW_HTTP": word}, tmp_path).allow_http is allowed


def test_nothing_at_all_is_no_error_until_somebody_asks(tmp_path: Path) -> None:
    config = ClientConfig.load({}, tmp_path)
    with pytest.raises(NotLoggedIn, match="we login"):
        config.client()


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = STORED.save(tmp_path)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        ClientConfig.load({}, tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = STORED.save(tmp_path)
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.json"):
        ClientConfig.load({}, tmp_path)


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = STORED.save(tmp_path)
    before = path.read_bytes()

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    with pytest.raises(OSError, match="No space"):
        ClientConfig("https://new").save(tmp_path)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["config.json"]


def test_the_key_is_not_in_its_repr() -> None:
    assert "s3cret" not in repr(STORED)


def test_the_path_is_the_originals(tmp_path: Path) -> None:
    assert path_in(tmp_path) == tmp_path / ".codeb" / "config.json"
