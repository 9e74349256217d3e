"""The tables of docs/security.md say what is rendered: what listens, what protects it, who is told of a certificate."""

import json
import re
from pathlib import Path

import pytest
import yaml

from codeb.domain.infra import Role
from codeb.domain.reach import COPIES, TABLE, rules
from deploys.components import (
    alertmanager,
    centrifugo,
    grafana,
    postgres,
    prometheus,
    redis,
    registry,
    s3_engines,
    s3_server,
)
from deploys.components.exporters import modules
from deploys.components.s3_engines import ENGINES
from deploys.platform import Platform
from deploys.rendering import TEMPLATES, render

PAGE = Path(__file__).parents[3] / "docs" / "security.md"
PUBLIC = {22, 80, 443}
"""SSH, and Caddy, whose TLS is the operator's choice."""


def table(heads: str) -> list[list[str]]:
    """The rows below a line of heads, cell by cell."""
    _, _, rest = PAGE.read_text().partition(f"| {heads} |\n")
    rows = [line for line in rest.split("\n\n")[0].splitlines() if not line.startswith("|---")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def written() -> dict[int, str]:
    """The first words of each port's protection."""
    found: dict[int, str] = {}
    for _, ports, protection in table("component | port | protection"):
        found |= {int(port): re.split("[,;]| for ", protection)[0] for port in ports.split()}
    return found


def has_tls(platform: Platform) -> set[int]:
    """Ports of which the rendered configuration says that they speak TLS and nothing else."""
    found = set()
    address = "10.0.0.3:9000"
    entries = [line for line in postgres.hba(platform).splitlines() if line.strip() and not line.startswith("#")]
    if "\nssl = on\n" in postgres.conf(platform, 8 * 1024**2) and {line.split()[0] for line in entries} == {
        "local",
        "hostssl",
    }:
        found.add(5432)
    if yaml.safe_load(registry.config(platform))["http"].get("tls"):
        found.add(5000)
    unit = render("object_storage/codeb-object-storage.service.j2", home="/h", data="/d", tls="/t", address=address)
    if "--cert /t/cert.pem --key /t/key.pem" in unit:
        found.add(9000)
    server = json.loads(centrifugo_json(platform))["http_server"]
    found |= {8001} if server["internal_tls"]["enabled"] else set()
    found |= {8000} if server.get("tls") else set()
    proxy = render("base/exporter-exporter.default.j2", address="10.0.0.3:9999", tls="/t")
    if "-web.tls.listen-address 10.0.0.3:9999" in proxy and "-web.listen-address 127.0.0.1:9998" in proxy:
        found.add(9999)
    receiver = (TEMPLATES / "backup" / "receive.py").read_text()
    if "ssl.PROTOCOL_TLS_SERVER" in receiver and "verify_mode = ssl.CERT_REQUIRED" in receiver:
        found.add(COPIES)
    if "tls-port" in redis.conf(platform):
        found.add(6379)
    return found


def centrifugo_json(platform: Platform) -> str:
    return centrifugo.config(platform.infra, platform.host("streaming"), token_secret="t", api_key="k")


def admitted(platform: Platform) -> set[int]:
    """Ports to which the firewall of some host lets somebody, as the platform is declared without admin_networks."""
    return {rule.port for name in platform.infra.hosts for rule in rules(platform.infra, name)}


def test_every_port_of_the_firewalls_table_is_in_the_pages() -> None:
    assert {row.port for row in TABLE} - {22} <= written().keys()


def test_what_is_reached_over_a_network_is_protected_as_the_page_says(platform: Platform) -> None:
    tls, reached = has_tls(platform), admitted(platform) - PUBLIC
    protection = {port: "TLS" if port in tls else "private network" for port in reached}
    assert {port: written()[port] for port in reached} == protection


def test_nothing_but_redis_goes_over_a_network_in_plain(platform: Platform) -> None:
    assert admitted(platform) - PUBLIC - has_tls(platform) == {6379}


def test_what_is_called_host_only_is_admitted_to_nobody(platform: Platform) -> None:
    host_only = {port for port, protection in written().items() if protection == "host only"}
    assert host_only == {row.port for row in TABLE if row.sources == ("admin",)}
    assert not host_only & admitted(platform)


def test_what_is_called_loopback_is_bound_there(platform: Platform) -> None:
    named = {port for port, protection in written().items() if protection == "loopback"}
    bound = {
        module.port
        for module in modules(tuple(Role), "versitygw", "10.0.0.3")
        if module.port and module.address == "127.0.0.1"
    }
    words = " ".join((*prometheus.BLACKBOX, *alertmanager.COMMAND, registry.config(platform)))
    words += render("base/exporter-exporter.default.j2", address="10.0.0.3:9999", tls="/t")
    bound |= {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", words)}
    assert bound == named
    assert not named & {row.port for row in TABLE}


def test_grafana_asks_prometheus_on_the_host_itself() -> None:
    assert "http://127.0.0.1:9090" in grafana.datasource()


def told() -> dict[str, str]:
    return {service.strip("`"): verb for service, verb, _ in table("service | told by | why")}


@pytest.mark.parametrize(
    ("component", "unit"),
    {
        "base": "prometheus-exporter-exporter.service",
        "centrifugo": "centrifugo.service",
        "postgres": "postgresql.service",
        "registry": registry.UNIT,
        "s3_server": s3_engines.UNIT,
    }.items(),
)
def test_who_shows_the_hosts_certificate_is_told_of_a_new_one(component: str, unit: str) -> None:
    source = (TEMPLATES.parent / "deploys" / "components" / f"{component}.py").read_text()
    assert re.findall(r'told\([\w."-]+, "(\w+)"\)', source) == [told()[unit]]


def test_another_engine_is_told_too(platform: Platform) -> None:
    files = {file.dest: file.content for file in s3_server.files(platform, ENGINES["silo"], "10.0.0.3:9000")}
    assert files[f"/etc/codeb/tls/reload.d/{s3_engines.UNIT}"] == f"{told()[s3_engines.UNIT]}\n"


def test_everyone_who_reads_the_key_is_in_the_table() -> None:
    """Units and configurations that name the key's file."""
    names = [path for path in TEMPLATES.rglob("*.j2") if "key.pem" in path.read_text()]
    assert {path.parent.name for path in names} == {"base", "centrifugo", "object_storage", "postgres", "registry"}
    assert len(told()) == 5
