"""Settings from a mapping."""

import pytest

from codeb.errors import ConfigError
from codeb.settings import Address, Secret, Settings

COMPLETE = {
    "CODEB_DOMAIN": "codeb.kr",
    "CODEB_REGISTRY": "db.codeb.kr:5000",
    "CODEB_DB_HOST": "10.0.0.3",
    "CODEB_DB_PASSWORD": "hunter2",
    "CODEB_PROBE_SECRET": "p",
    "CODEB_ENV_KEY": "k",
}


def test_the_defaults_are_those_of_a_production_host() -> None:
    settings = Settings.load(COMPLETE)
    assert settings.env == "production"
    assert settings.listen == (Address("127.0.0.1", 9101),)
    assert str(settings.root) == "/opt/codeb"
    assert settings.http_redirect


@pytest.mark.parametrize("key", sorted(set(COMPLETE) - {"CODEB_DB_PASSWORD"}))
def test_a_missing_setting_is_named(key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} is not set"):
        Settings.load({name: value for name, value in COMPLETE.items() if name != key})


@pytest.mark.parametrize(
    ("key", "value"),
    [("CODEB_DB_PORT", "x"), ("CODEB_LISTEN", "9101"), ("CODEB_TLS", "yes"), ("CODEB_HTTP_REDIRECT", "1")],
)
def test_a_wrong_value_is_named_with_its_key(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}='{value}'"):
        Settings.load({**COMPLETE, key: value})


def test_a_secret_shows_nowhere() -> None:
    assert "hunter2" not in repr(Settings.load(COMPLETE))
    assert f"{Secret('hunter2')}" == "Secret('***')"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"CODEB_ENV": "development"}, "development"),
        ({"NODE_ENV": "development"}, "development"),
        ({"NODE_ENV": "development", "CODEB_ENV": "production"}, "production"),
        ({"NODE_ENV": "production"}, "production"),
    ],
)
def test_development_is_asked_for_and_production_wins(environ: dict[str, str], expected: str) -> None:
    assert Settings.load({**COMPLETE, **environ}).env == expected
