"""How components come to a host, and what is said where one cannot."""

from collections.abc import Container

import pytest
from pyinfra.api.exceptions import DeployError

from deploys.components import artifacts, packages
from tests.unit.deploys.conftest import MakePlatform


def test_infra_toml_decides_where_a_component_comes_from(make_platform: MakePlatform) -> None:
    infra = make_platform(components={"docker": {"source": "vendor"}}).infra
    assert packages.source(infra, "docker") == "vendor"
    assert packages.source(infra, "caddy") == "url"


@pytest.mark.parametrize(
    ("component", "source"),
    [
        ("grafana", "apt"),
        ("centrifugo", "apt"),
        ("docker", "url"),
        ("docker", "none"),
        ("prometheus", "vendor"),
        ("caddy", "none"),
    ],
)
def test_a_way_that_does_not_exist_is_named(component: str, source: str) -> None:
    with pytest.raises(DeployError, match=rf"components\.{component}\.source = {source}: "):
        packages.install(component, source)


def test_every_default_is_a_way_that_exists() -> None:
    ways: dict[str, Container[str]] = {
        "apt": packages.DISTRIBUTION,
        "vendor": packages.REPOSITORIES,
        "url": artifacts.ARTIFACTS,
    }
    for component, source in packages.SOURCES.items():
        assert component in ways[source], component


def test_a_vendors_repository_has_packages_to_take_from_it() -> None:
    assert packages.REPOSITORIES.keys() == packages.VENDOR_PACKAGES.keys()
