"""Where the store's passphrase comes from, and what is refused. Security row 11."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from codeb import passphrase
from codeb.errors import ConfigError

Source = Callable[[Mapping[str, str], passphrase.Ask], str]
SOURCES = [passphrase.known, passphrase.chosen]


def nobody(question: str) -> str:
    raise AssertionError(f"nobody was to be asked: {question}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("out of the file, long\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("source", SOURCES)
def test_the_environment_or_a_file_of_it_gives_it(source: Source, file: Path) -> None:
    environ = {"CODEB_SECRETS_PASSPHRASE": "out of the environment"}
    assert source(environ, nobody) == "out of the environment"
    assert source({**environ, "CODEB_SECRETS_PASSPHRASE_FILE": str(file)}, nobody) == "out of the file, long"


@pytest.mark.parametrize(("mode", "said"), [(0o644, "chmod 600"), (0o640, "chmod 600")])
def test_a_file_that_others_read_is_refused(file: Path, mode: int, said: str) -> None:
    file.chmod(mode)
    with pytest.raises(ConfigError, match=said):
        passphrase.known({"CODEB_SECRETS_PASSPHRASE_FILE": str(file)}, nobody)


@pytest.mark.parametrize(("content", "said"), [("\n", "is empty"), (None, "cannot be read")])
def test_a_file_without_a_passphrase_is_named(file: Path, content: str | None, said: str) -> None:
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(ConfigError, match=rf"{file}.*{said}"):
        passphrase.known({"CODEB_SECRETS_PASSPHRASE_FILE": str(file)}, nobody)


def test_without_a_terminal_the_sentence_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(ConfigError, match="CODEB_SECRETS_PASSPHRASE_FILE"):
        passphrase.known({})


def test_a_new_one_is_typed_twice_and_long() -> None:
    answers = iter(["long enough, really", "long enough, really", "long enough, really", "mistyped, really"])
    assert passphrase.chosen({}, lambda _: next(answers)) == "long enough, really"
    with pytest.raises(ConfigError, match="differ"):
        passphrase.chosen({}, lambda _: next(answers))
    with pytest.raises(ConfigError, match="too short"):
        passphrase.chosen({"CODEB_SECRETS_PASSPHRASE": "short"}, nobody)


def test_the_one_that_replaces_it_has_variables_of_its_own() -> None:
    environ = {"CODEB_SECRETS_PASSPHRASE": "the old one, long", "CODEB_SECRETS_NEW_PASSPHRASE": "the new one, long"}
    assert passphrase.changed(environ, nobody) == "the new one, long"
