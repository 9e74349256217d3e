"""The API knows under which address its sites are reached, which it tells the owners of domains."""

from codeb.settings import Settings
from deploys.platform import Platform
from tests.unit.deploys.test_api_component import environment


def test_the_public_address_is_the_app_hosts(platform: Platform) -> None:
    settings = Settings.load(environment(platform))
    assert settings.public_address == platform.host("app").address
    assert settings.dns_resolver is None
    assert settings.certificates_per_week == 50
