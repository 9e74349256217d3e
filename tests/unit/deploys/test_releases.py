"""What an operator declares, and what is refused before anything is run."""

from pathlib import Path

import pytest

from codeb.errors import ConfigError
from deploys.releases import Release, from_data, read

TEXT = """
[[release]]
project = "shop"
version = "abc1234"

[[release]]
project = "Shop"
environment = "staging"
image = "r.test:5000/shop@sha256:12"
state = "deployed"
timeout = 90
"""


def test_a_file_is_read_in_its_order(tmp_path: Path) -> None:
    file = tmp_path / "releases.toml"
    file.write_text(TEXT)
    first, second = read(file)
    assert first == Release.of(project="shop", version="abc1234")
    assert first.sentence == "shop (production): abc1234 is active"
    assert second.sentence == "shop (staging): r.test:5000/shop@sha256:12 is deployed"
    assert second.timeout == 90


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("release = 1", "holds [[release]] tables and nothing else"),
        ("[[releases]]", "holds [[release]] tables and nothing else"),
        ("[[release", "is not TOML"),
        ('[[release]]\nversion = "v1"', "a release: project: is not set"),
        ('[[release]]\nproject = "shop"', "shop: say either version or image"),
        ('[[release]]\nproject = "shop"\nversion = 1.10', "shop: version: Input should be a valid string"),
        ('[[release]]\nproject = "shop"\nversion = "latest"', "latest is another image tomorrow"),
        ('[[release]]\nproject = "shop"\nimage = "r.test:5000/shop"', "latest is another image tomorrow"),
        ('[[release]]\nproject = "shop"\nimage = "r/shop:latest"', "latest is another image tomorrow"),
        ('[[release]]\nproject = "shop"\nversion = "-v"', "shop: version: String should match"),
        ('[[release]]\nproject = "shop"\nimage = "--force"', "shop: image: String should match"),
        ('[[release]]\nproject = "--all"\nversion = "v1"', "is not a DNS label"),
        ('[[release]]\nproject = "shop"\nversion = "v1"\ntag = "x"', "shop: tag: there is no such key"),
        ('[[release]]\nproject = "shop"\nversion = "v1"\ntimeout = 1', "greater than or equal to 5"),
        ('[[release]]\nproject = "shop"\nversion = "v1"\n' * 2, "shop (production) has more than one active release"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "releases.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        read(file)
    assert sentence in str(refused.value)


def test_a_missing_file_is_named_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent.toml cannot be read.*\[\[release\]\] tables"):
        read(tmp_path / "absent.toml")


def test_one_release_comes_from_the_command_line() -> None:
    given = {"project": "shop", "version": "v1", "environment": None, "ssh_user": "root"}
    assert from_data(given) == Release.of(project="shop", version="v1")


@pytest.mark.parametrize("made", [1.1, 7, True])
def test_a_version_that_became_a_number_is_refused_with_how_to_write_it(made: object) -> None:
    with pytest.raises(ConfigError, match="quote it"):
        from_data({"project": "shop", "version": made})
