"""The API's settings, directories and unit on the app host."""

import re
from io import StringIO

import pytest
from dotenv import dotenv_values

from codeb.settings import Settings
from deploys.components import api
from deploys.platform import Platform
from deploys.rendering import render
from tests.unit.deploys.conftest import ONE_HOST, MakePlatform


def environment(platform: Platform, host: str = "app") -> dict[str, str]:
    text = api.env_file(api.settings(platform, platform.host(host)))
    return {key: value or "" for key, value in dotenv_values(stream=StringIO(text), interpolate=False).items()}


@pytest.fixture(scope="module")
def unit() -> str:
    return render("api/codeb-api.service.j2", root=api.ROOT, env_file=api.ENV_FILE)


def test_the_file_is_what_the_api_reads(platform: Platform) -> None:
    settings = Settings.load(environment(platform))
    assert settings.env == "production"
    assert settings.domain == "example.org"
    assert settings.registry == "db.example.org:5000"
    assert (settings.database.host, settings.database.sslmode) == ("10.0.0.3", "verify-full")


def test_the_door_for_caddy_is_on_loopback_and_the_inner_one_is_private(platform: Platform) -> None:
    settings = Settings.load(environment(platform))
    assert [str(address.host) for address in settings.listen] == ["127.0.0.1"]
    assert {(address.host, address.port) for address in settings.internal_listen} == {
        ("10.0.0.1", 9101),
        ("127.0.0.1", 9102),
    }


def test_one_host_with_every_role_is_a_platform_too(make_platform: MakePlatform) -> None:
    settings = Settings.load(environment(make_platform(hosts=ONE_HOST), "only"))
    assert settings.database.host == "203.0.113.9"


@pytest.mark.parametrize("redirect", [True, False])
@pytest.mark.parametrize("tls", ["acme", "internal", "off"])
def test_the_api_serves_sites_as_the_platform_does(make_platform: MakePlatform, tls: str, redirect: bool) -> None:
    settings = Settings.load(environment(make_platform(tls=tls, http_redirect=redirect)))
    assert (settings.tls, settings.http_redirect) == (tls, redirect)


@pytest.mark.parametrize("value", ['a"b', "back\\slash", "$HOME", "#hash", "sp ace"])
def test_a_value_comes_through_as_it_is(value: str) -> None:
    text = api.env_file({"CODEB_X": value})
    assert dotenv_values(stream=StringIO(text), interpolate=False) == {"CODEB_X": value}


def test_secrets_are_those_of_the_store(platform: Platform) -> None:
    found = environment(platform)
    assert found["CODEB_DB_PASSWORD"] == platform.secrets["postgres_codeb_password"]
    assert found["CODEB_CENTRIFUGO_TOKEN_SECRET"] == platform.secrets["centrifugo_token_secret"]


def test_caddy_reads_the_routes_and_nothing_else() -> None:
    modes = {each.path: (each.mode, each.user, each.group) for each in api.directories()}
    assert modes["/opt/codeb"] == ("0710", "codeb", "caddy")
    assert modes["/opt/codeb/routes"] == ("0750", "codeb", "caddy")
    assert modes["/etc/caddy/sites"] == ("2750", "codeb", "caddy")
    others = {path: rights for path, rights in modes.items() if path.startswith("/opt/codeb/") and "routes" not in path}
    assert set(others.values()) == {("0700", "codeb", "codeb")}
    assert {"/opt/codeb/registry", "/opt/codeb/journal", "/opt/codeb/env", "/opt/codeb/locks"} <= others.keys()
    assert {
        "/opt/codeb/dumps",
        "/opt/codeb/outbox",
        "/opt/codeb/spool/audit",
        "/opt/codeb/cancellations",
        "/opt/codeb/registry/sites",
    } <= others.keys()


def test_pages_that_infra_names_may_call_the_api_and_no_others(make_platform: MakePlatform) -> None:
    assert Settings.load(environment(make_platform())).cors_origins == ()
    named = make_platform(cors_origins=["https://console.example.org", "http://localhost:3000"])
    assert Settings.load(environment(named)).cors_origins == ("https://console.example.org", "http://localhost:3000")


def test_the_api_knows_the_keys_of_the_build_cache(platform: Platform) -> None:
    settings = Settings.load(environment(platform))
    assert settings.s3_endpoint == platform.infra.s3_endpoint
    assert settings.s3_projects_key.reveal() == platform.secrets["s3_projects_key"]
    assert not settings.s3_secret_key, "the key of the whole cache is nobody's on this host"


def test_where_the_engine_makes_no_users_the_cache_has_one(make_platform: MakePlatform) -> None:
    platform = make_platform(components={"object_storage": {"engine": "minio"}})
    settings = Settings.load(environment(platform))
    assert settings.s3_secret_key.reveal() == platform.secrets["s3_docker_cache_secret"]
    assert not settings.s3_projects_key


def test_a_directory_comes_after_the_one_it_is_in() -> None:
    paths = [each.path for each in api.directories()]
    for path in paths:
        parent = path.rpartition("/")[0]
        assert parent not in paths[paths.index(path) :]


def test_the_host_can_dump_a_projects_database() -> None:
    assert "postgresql-client" in api.PACKAGES


def test_the_unit_is_production_whatever_the_environment_says(unit: str) -> None:
    assert "Environment=CODEB_ENV=production\n" in unit
    assert "UnsetEnvironment=NODE_ENV\n" in unit


@pytest.mark.parametrize(
    "line",
    [
        "User=codeb",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
        "ReadWritePaths=/opt/codeb /etc/caddy/sites",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
        "SystemCallFilter=@system-service",
        "UMask=0027",
        "Restart=always",
    ],
)
def test_the_unit_is_framed(unit: str, line: str) -> None:
    assert re.search(rf"^{re.escape(line)}$", unit, re.MULTILINE)


def test_the_key_of_before_is_handed_over_while_the_store_has_it(platform: Platform) -> None:
    assert Settings.load(environment(platform)).env_key_previous == ()
    platform.secrets.put({"env_key": "new", "env_key_previous": "old"})
    settings = Settings.load(environment(platform))
    assert (settings.env_key.reveal(), [key.reveal() for key in settings.env_key_previous]) == ("new", ["old"])
