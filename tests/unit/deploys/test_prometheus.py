"""What Prometheus scrapes and when it alerts."""

import re
from typing import Any

import pytest
import yaml

from deploys.components import alertmanager, prometheus, units
from deploys.components.exporters import modules
from deploys.platform import Platform
from tests.unit.deploys.conftest import ONE_HOST, MakePlatform

WITHOUT_GRAFANA = {"grafana": {"source": "none"}}


def scraped(platform: Platform) -> dict[str, dict[str, Any]]:
    loaded = yaml.safe_load(prometheus.prometheus_yml(platform))
    return {job["job_name"]: job for job in loaded["scrape_configs"]}


def targets(job: dict[str, Any]) -> dict[str, str]:
    return {group["labels"]["host"]: group["targets"][0] for group in job["static_configs"]}


def test_every_part_of_the_platform_is_a_job(platform: Platform) -> None:
    assert scraped(platform).keys() == {
        *("node", "caddy", "postgres", "redis", "registry", "object_storage", "centrifugo", "api"),
        *("prometheus", "alertmanager", "blackbox", "grafana", "public_sites", "host_certificates"),
        *("docker", "containers"),
    }


def test_grafana_is_scraped_where_there_is_one(make_platform: MakePlatform) -> None:
    assert "grafana" not in scraped(make_platform(components=WITHOUT_GRAFANA))


def test_every_host_has_a_node_exporter(platform: Platform) -> None:
    assert targets(scraped(platform)["node"]) == {
        "app": "10.0.0.1:9999",
        "streaming": "10.0.0.2:9999",
        "storage": "10.0.0.3:9999",
        "backup": "10.0.0.4:9999",
    }


def test_caddy_runs_on_the_hosts_with_public_names(platform: Platform) -> None:
    assert targets(scraped(platform)["caddy"]).keys() == {"app", "streaming", "backup"}


def test_one_host_is_scraped_once_a_job(make_platform: MakePlatform) -> None:
    for name, job in scraped(make_platform(hosts=ONE_HOST)).items():
        if name != "public_sites":
            assert list(targets(job)) == ["only"], name


def test_what_leaves_a_host_is_asked_over_tls_with_our_ca(platform: Platform) -> None:
    for name, job in scraped(platform).items():
        local = all(group["targets"][0].startswith("127.0.0.1:") for group in job["static_configs"])
        if local or name in {"public_sites", "host_certificates"}:
            continue
        assert job["scheme"] == "https", name
        assert job["tls_config"] == {"ca_file": "/etc/codeb/tls/ca.pem"}
        assert job["params"] == {"module": [name]}


@pytest.mark.parametrize(("tls", "scheme"), [("acme", "https"), ("internal", "https"), ("off", "http")])
def test_public_names_are_asked_as_people_reach_them(make_platform: MakePlatform, tls: str, scheme: str) -> None:
    sites = prometheus.public_sites(make_platform(tls=tls).infra)
    assert [site.url for site in sites] == [
        f"{scheme}://api.example.org/health",
        f"{scheme}://ws.example.org/connection/websocket",
        f"{scheme}://backup.example.org/api/health",
    ]


def test_every_hosts_certificate_is_looked_at_from_here(platform: Platform) -> None:
    job = scraped(platform)["host_certificates"]
    assert targets(job) == targets(scraped(platform)["node"])
    module = yaml.safe_load(prometheus.blackbox_yml(platform.infra))["modules"]["tls"]
    assert job["params"] == {"module": ["tls"]}
    assert module["tcp"] == {
        "tls": True,
        "preferred_ip_protocol": "ip4",
        "tls_config": {"ca_file": "/etc/codeb/tls/ca.pem"},
    }


def test_a_public_name_is_its_hosts(platform: Platform) -> None:
    hosts = [group["labels"]["host"] for group in scraped(platform)["public_sites"]["static_configs"]]
    assert hosts == ["app", "streaming", "backup"]


def test_every_job_behind_the_proxy_is_a_module_of_its_host(platform: Platform) -> None:
    for name, job in scraped(platform).items():
        if job["metrics_path"] != "/proxy":
            continue
        for host in targets(job):
            spec = platform.host(host)
            assert name in {module.name for module in modules(spec.roles, "versitygw", spec.private)}


def test_only_our_own_ca_is_named_to_the_prober(make_platform: MakePlatform) -> None:
    internal = yaml.safe_load(prometheus.blackbox_yml(make_platform(tls="internal").infra))
    acme = yaml.safe_load(prometheus.blackbox_yml(make_platform(tls="acme").infra))
    for name in ("answers", "expects_upgrade"):
        module = internal["modules"][name]
        assert module["http"]["tls_config"] == {"ca_file": "/etc/codeb/tls/ca.pem"}
        assert "tls_config" not in acme["modules"][name]["http"]


def test_every_public_site_names_a_module_that_exists(platform: Platform) -> None:
    modules = yaml.safe_load(prometheus.blackbox_yml(platform.infra))["modules"]
    assert {site.module for site in prometheus.public_sites(platform.infra)} <= modules.keys()


def test_a_reload_passes_promtool_first() -> None:
    unit = units.framed(command=prometheus.COMMAND, writable=["/var/lib/prometheus"], check=prometheus.CHECK)
    reloads = re.findall(r"^ExecReload=(.*)$", unit, re.MULTILINE)
    assert reloads == [
        "",
        "/usr/bin/promtool check config /etc/prometheus/codeb/prometheus.yml",
        "/bin/kill -HUP $MAINPID",
    ]


def test_history_is_bounded_in_time_and_size() -> None:
    assert "--storage.tsdb.retention.time=30d" in prometheus.COMMAND
    assert any(part.startswith("--storage.tsdb.retention.size=") for part in prometheus.COMMAND)


def test_only_prometheus_itself_leaves_loopback() -> None:
    assert "--web.listen-address=127.0.0.1:9115" in prometheus.BLACKBOX
    assert "--web.listen-address=127.0.0.1:9093" in alertmanager.COMMAND
    assert "--cluster.listen-address=" in alertmanager.COMMAND


def test_a_frame_without_data_has_nothing_to_write() -> None:
    assert "ReadWritePaths" not in units.framed(command=prometheus.BLACKBOX)
