"""What domains are told by the process's settings."""

import pytest

from codeb.errors import ConfigError
from codeb.settings import Address, Settings
from tests.doors import ENVIRON


def load(**values: str) -> Settings:
    return Settings.load({**ENVIRON, **values})


def test_a_resolver_and_an_address_are_read() -> None:
    settings = load(CODEB_DNS_RESOLVER="127.0.0.1:5353", CODEB_PUBLIC_ADDRESS="2001:DB8::1")
    assert settings.dns_resolver == Address("127.0.0.1", 5353)
    assert settings.public_address == "2001:db8::1"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CODEB_PUBLIC_ADDRESS", "app.example.org"),
        ("CODEB_DNS_RESOLVER", "dns.example.org:53"),
        ("CODEB_DNS_RESOLVER", "127.0.0.1"),
        ("CODEB_CERTIFICATES_PER_WEEK", "many"),
    ],
)
def test_what_is_none_is_named(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=key):
        load(**{key: value})
