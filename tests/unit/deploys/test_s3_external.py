"""An S3 that was there already: what is told of it, and what is left out."""

import pytest
import yaml

from codeb.domain import reach
from codeb.domain.host_ports import wanted
from codeb.domain.infra import Infra, Role
from codeb.errors import ConfigError
from deploys.components import api, exporters, prometheus, s3_keys
from deploys.platform import Platform
from tests.unit.deploys.conftest import HOSTS, MakePlatform

EXTERNAL = {"object_storage": {"engine": "external", "endpoint": "https://s3.example.net:8443"}}


@pytest.fixture
def external(make_platform: MakePlatform) -> Platform:
    platform = make_platform(components=EXTERNAL, admin_networks=["192.0.2.0/24"])
    platform.secrets.put({"s3_docker_cache_access_key": "AKIA", "s3_docker_cache_secret": "theirs"})
    return platform


def test_an_s3_that_was_there_is_what_the_api_is_told_of(external: Platform) -> None:
    settings = api.settings(external, external.host("app"))
    assert settings["CODEB_S3_ENDPOINT"] == "https://s3.example.net:8443"
    assert (settings["CODEB_S3_ACCESS_KEY"], settings["CODEB_S3_SECRET_KEY"]) == ("AKIA", "theirs")


def test_an_s3_of_ours_is_reached_by_its_name_and_with_no_key_of_the_whole_cache(platform: Platform) -> None:
    settings = api.settings(platform, platform.host("app"))
    assert settings["CODEB_S3_ENDPOINT"] == "https://db.example.org:9000"
    assert settings["CODEB_S3_PROJECTS_KEY"] == platform.secrets["s3_projects_key"]
    assert settings["CODEB_S3_SECRET_KEY"] == ""


@pytest.mark.parametrize("missing", ["s3_docker_cache_access_key", "s3_docker_cache_secret"])
def test_keys_of_somebody_elses_s3_are_never_made_up(make_platform: MakePlatform, missing: str) -> None:
    platform = make_platform(components=EXTERNAL)
    both = {"s3_docker_cache_access_key": "AKIA", "s3_docker_cache_secret": "theirs"}
    platform.secrets.put({name: value for name, value in both.items() if name != missing})
    with pytest.raises(ConfigError, match=f"secrets.json: {missing} is not set"):
        s3_keys.keys(platform, "docker-cache")
    assert platform.secrets.get(missing) is None


def test_for_an_external_s3_no_port_is_opened_and_nothing_is_watched(external: Platform) -> None:
    assert 9000 not in {rule.port for rule in reach.rules(external.infra, "storage")}
    modules = exporters.modules((Role.STORAGE,), external.infra.s3_engine, "10.0.0.3")
    assert "object_storage" not in {module.name for module in modules}
    jobs = yaml.safe_load(prometheus.prometheus_yml(external))["scrape_configs"]
    assert "object_storage" not in {job["job_name"] for job in jobs}
    assert wanted((Role.STORAGE,), "external").keys().isdisjoint({9000, 9001})


@pytest.mark.parametrize(
    "component",
    [
        {"engine": "external"},
        {"engine": "external", "endpoint": "s3.example.net"},
        {"endpoint": "https://s3.example.net"},
        {"engine": "silo", "endpoint": "https://s3.example.net"},
    ],
)
def test_an_endpoint_belongs_to_external_and_to_nothing_else(component: dict[str, str]) -> None:
    declared = {"domain": "example.org", "tls": "internal", "hosts": HOSTS, "components": {"object_storage": component}}
    with pytest.raises(ConfigError, match=r"^infra\.toml: components\.object_storage\.endpoint: "):
        Infra.parse(declared)
