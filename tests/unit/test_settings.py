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


def test_previous_keys_are_a_list_and_none_by_default() -> None:
    assert Settings.load(COMPLETE).env_key_previous == ()
    settings = Settings.load({**COMPLETE, "CODEB_ENV_KEY_PREVIOUS": "older, oldest,"})
    assert [key.reveal() for key in settings.env_key_previous] == ["older", "oldest"]
    assert "older" not in repr(settings)


def test_origins_are_a_list_and_every_page_is_no_origin() -> None:
    found = Settings.load({**COMPLETE, "CODEB_CORS_ORIGINS": "https://a.example, http://localhost:3000/"})
    assert found.cors_origins == ("https://a.example", "http://localhost:3000")
    assert Settings.load(COMPLETE).cors_origins == ()
    for wrong in ("*", "a.example", "https://a.example/page", "null"):
        with pytest.raises(ConfigError, match="CODEB_CORS_ORIGINS"):
            Settings.load({**COMPLETE, "CODEB_CORS_ORIGINS": wrong})


def test_the_keys_of_the_build_cache_do_not_show() -> None:
    settings = Settings.load({**COMPLETE, "CODEB_S3_ACCESS_KEY": "cache-user", "CODEB_S3_SECRET_KEY": "cache-secret"})
    assert settings.s3_secret_key.reveal() == "cache-secret"
    assert "cache-" not in repr(settings)


def test_a_host_without_a_streaming_host_needs_no_setting_for_it() -> None:
    settings = Settings.load(COMPLETE)
    assert (settings.centrifugo_url, bool(settings.centrifugo_token_secret)) == ("", False)
    assert settings.ca_file == "/etc/codeb/tls/ca.pem"
    given = Settings.load(
        {**COMPLETE, "CODEB_CENTRIFUGO_API_KEY": "hunter3", "CODEB_CENTRIFUGO_TOKEN_SECRET": "hunter3"}
    )
    assert given.centrifugo_api_key.reveal() == "hunter3"
    assert "hunter3" not in repr(given)
