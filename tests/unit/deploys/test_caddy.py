"""Caddy's files: what each kind of TLS, redirect and host makes of them."""

import pytest

from deploys.components import caddy
from deploys.platform import Platform
from deploys.rendering import render
from tests.unit.deploys.conftest import ONE_HOST, MakePlatform


def main(platform: Platform, host: str = "app") -> str:
    return caddy.caddyfile(platform.infra, platform.host(host), "CodeB abc")


def sites(platform: Platform, host: str) -> dict[str, str]:
    return caddy.platform_sites(platform.infra, platform.host(host))


def test_acme_names_the_operators_address(make_platform: MakePlatform) -> None:
    text = main(make_platform(tls="acme"))
    assert '\temail "ops@example.org"\n' in text
    assert "pki" not in text
    assert "local_certs" not in text


def test_internal_signs_with_the_hosts_intermediate(make_platform: MakePlatform) -> None:
    text = main(make_platform(tls="internal"))
    assert "\tlocal_certs\n" in text
    assert "key /etc/caddy/pki/intermediate.key" in text
    assert "email" not in text


def test_off_has_no_certificates(make_platform: MakePlatform) -> None:
    text = main(make_platform(tls="off"))
    assert "email" not in text
    assert "local_certs" not in text


@pytest.mark.parametrize("tls", ["acme", "internal", "off"])
def test_the_admin_api_is_a_socket_of_the_group(make_platform: MakePlatform, tls: str) -> None:
    text = main(make_platform(tls=tls))
    assert "\tadmin unix//run/caddy/admin.sock|0660\n" in text
    assert ":2019" not in text


@pytest.mark.parametrize("tls", ["acme", "internal"])
def test_previews_have_certificates_on_demand_for_names_that_the_api_knows(
    make_platform: MakePlatform, tls: str
) -> None:
    platform = make_platform(tls=tls)
    assert "\ton_demand_tls {\n\t\task http://127.0.0.1:9102/internal/tls\n\t}\n" in main(platform)
    assert "on_demand_tls" not in main(platform, "streaming")


def test_without_tls_nobody_asks_for_certificates(make_platform: MakePlatform) -> None:
    assert "on_demand_tls" not in main(make_platform(tls="off"))


def test_traffic_is_counted_by_host_and_nothing_writes_an_access_log(make_platform: MakePlatform) -> None:
    platform = make_platform(hosts=ONE_HOST)
    assert "\tmetrics {\n\t\tper_host\n\t}\n" in main(platform, "only")
    for text in (main(platform, "only"), *sites(platform, "only").values()):
        assert not any(line.split()[:1] == ["log"] for line in text.splitlines())


def test_sites_are_imported_by_one_line_that_a_staged_load_replaces(platform: Platform) -> None:
    assert main(platform).count("\nimport sites/*.caddy\n") == 1


def test_metrics_stay_on_loopback(platform: Platform) -> None:
    assert "http://:9180 {\n\tbind 127.0.0.1\n\tmetrics /metrics\n}" in main(platform)


@pytest.mark.parametrize(
    ("tls", "redirect", "expected"),
    [
        ("acme", True, "api.example.org"),
        ("acme", False, "http://api.example.org, https://api.example.org"),
        ("internal", True, "api.example.org"),
        ("internal", False, "http://api.example.org, https://api.example.org"),
        ("off", True, "http://api.example.org"),
        ("off", False, "http://api.example.org"),
    ],
)
def test_the_address_follows_tls_and_redirect(
    make_platform: MakePlatform, tls: str, redirect: bool, expected: str
) -> None:
    infra = make_platform(tls=tls, http_redirect=redirect).infra
    assert caddy.addresses("api.example.org", infra) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [("app", {"api.caddy"}), ("streaming", {"ws.caddy"}), ("backup", {"backup.caddy"}), ("storage", set())],
)
def test_a_host_serves_the_names_of_its_roles(platform: Platform, host: str, expected: set[str]) -> None:
    assert sites(platform, host).keys() == expected


def test_one_host_with_every_role_serves_every_name(make_platform: MakePlatform) -> None:
    found = sites(make_platform(hosts=ONE_HOST), "only")
    assert found.keys() == {"api.caddy", "ws.caddy", "backup.caddy"}


def test_the_api_is_public_without_its_metrics(platform: Platform) -> None:
    text = sites(platform, "app")["api.caddy"]
    assert text.startswith("api.example.org {\n")
    assert "reverse_proxy 127.0.0.1:9101 {" in text
    assert "@internal path /metrics /metrics/* /internal /internal/*\n\trespond @internal 404" in text


def test_nobody_but_caddy_says_who_the_client_is(platform: Platform) -> None:
    for text in (main(platform), *sites(platform, "app").values(), *sites(platform, "streaming").values()):
        assert "trusted_proxies " not in text.replace("Without trusted_proxies ", "")
        assert "header_up X-Forwarded-For" not in text


def test_streams_outlive_a_reload_on_every_site(make_platform: MakePlatform) -> None:
    for text in sites(make_platform(hosts=ONE_HOST), "only").values():
        assert "stream_close_delay 48h" in text


def test_centrifugo_is_reached_on_the_private_address_by_clients_paths_only(platform: Platform) -> None:
    text = sites(platform, "streaming")["ws.caddy"]
    assert "reverse_proxy 10.0.0.2:8000 {" in text
    assert "@public path /connection/websocket /connection/sse /emulation" in text
    assert "\trespond 404\n" in text.split("handle {")[1]


def test_the_backup_name_says_when_there_is_no_grafana(make_platform: MakePlatform) -> None:
    text = sites(make_platform(components={"grafana": {"source": "none"}}), "backup")["backup.caddy"]
    assert "reverse_proxy" not in text
    assert 'respond "Grafana is left out' in text


def test_a_platform_ca_gives_a_key_that_only_caddy_reads(make_platform: MakePlatform) -> None:
    platform = make_platform(tls="internal")
    found = caddy.certificates(platform.ca, platform.infra, platform.host("app"))
    assert {name: mode for name, (_, mode) in found.items()} == {
        "root.pem": "0644",
        "intermediate.pem": "0644",
        "intermediate.key": "0400",
    }
    assert found["root.pem"][0] == platform.ca.root_pem


def test_other_kinds_of_tls_put_no_key_on_the_host(make_platform: MakePlatform) -> None:
    platform = make_platform(tls="acme")
    assert caddy.certificates(platform.ca, platform.infra, platform.host("app")) == {}


def test_the_units_reload_does_not_force() -> None:
    unit = render("caddy/caddy.service.j2", binary="/usr/local/bin/caddy")
    reload = next(line for line in unit.splitlines() if line.startswith("ExecReload="))
    assert "--force" not in reload
    assert "--address unix//run/caddy/admin.sock" in reload
