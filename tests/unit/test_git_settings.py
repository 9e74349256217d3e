"""Settings of the git hosting service: where its API is, and the token."""

import pytest

from codeb.errors import ConfigError
from codeb.settings import Settings
from tests.doors import ENVIRON


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CODEB_GIT_API_URL", "http://git.example.org/api"),
        ("CODEB_GIT_API_URL", "https://me:hunter2@git.example.org"),
        ("CODEB_GIT_API_URL", "https://git.example.org/?token=hunter2"),
        ("CODEB_GIT_API_URL", "https://[git"),
        ("CODEB_GIT_API_URL", "git.example.org"),
        ("CODEB_GIT_TOKEN", "hunter2\nX-Evil: 1"),
        ("CODEB_GIT_TOKEN", "hunter2 x"),
    ],
)
def test_a_token_travels_over_tls_and_in_one_header(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=key) as refused:
        Settings.load({**ENVIRON, key: value})
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_without_them_it_is_the_public_service_and_no_token() -> None:
    settings = Settings.load(ENVIRON)
    assert (settings.git_api_url, bool(settings.git_token)) == ("https://api.github.com", False)
    for url in ("https://git.example.org:8443/api/v3", "http://127.0.0.1:9000"):
        assert Settings.load({**ENVIRON, "CODEB_GIT_API_URL": url}).git_api_url == url
    assert "hunter2" not in repr(Settings.load({**ENVIRON, "CODEB_GIT_TOKEN": "hunter2"}))
