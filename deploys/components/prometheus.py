"""Prometheus on the backup host: what it scrapes, when it alerts, how long it keeps. Spec section 9."""

from dataclasses import dataclass

from pyinfra.api.deploy import deploy

from codeb.domain.infra import Infra, Role
from deploys.components import packages, units
from deploys.components.alert_rules import rule_files
from deploys.operations import managed, ready
from deploys.operations.managed import Directory, File
from deploys.platform import HostSpec, Platform, current
from deploys.rendering import render

HOME = "/etc/prometheus/codeb"
DATA = "/var/lib/prometheus/metrics2"
CA_FILE = "/etc/codeb/tls/ca.pem"
CADDY_ROLES = {Role.APP, Role.STREAMING, Role.BACKUP}


@dataclass(frozen=True, slots=True)
class Target:
    address: str
    host: str


@dataclass(frozen=True, slots=True)
class Job:
    """One ``scrape_configs`` entry. ``module`` names an exporter behind the host's exporter proxy."""

    name: str
    targets: tuple[Target, ...]
    module: str = ""
    token_file: str = ""

    @property
    def scheme(self) -> str:
        return "https" if self.module else "http"

    @property
    def path(self) -> str:
        return "/proxy" if self.module else "/metrics"


@dataclass(frozen=True, slots=True)
class PublicSite:
    url: str
    module: str
    host: str


def jobs(platform: Platform) -> list[Job]:
    """Exporters listen on loopback; one proxy per host hands them on, over TLS, to this host only."""
    every = platform.hosts()
    storage, streaming, app = (platform.one(role) for role in (Role.STORAGE, Role.STREAMING, Role.APP))
    here = platform.one(Role.BACKUP)
    stored = () if platform.infra.s3_engine == "external" else ("object_storage",)
    found = [
        _proxied("node", *every),
        _proxied("caddy", *(spec for spec in every if CADDY_ROLES & set(spec.roles))),
        *(_proxied(name, storage) for name in ("postgres", "redis", "registry", *stored)),
        _proxied("centrifugo", streaming),
        *(_proxied(name, app) for name in ("docker", "containers", "api")),
        Job("prometheus", (Target("127.0.0.1:9090", here.name),)),
        Job("alertmanager", (Target("127.0.0.1:9093", here.name),)),
        Job("blackbox", (Target("127.0.0.1:9115", here.name),)),
    ]
    if packages.source(platform.infra, "grafana") != "none":
        found.append(Job("grafana", (Target("127.0.0.1:3000", here.name),)))
    return found


def _proxied(name: str, *hosts: HostSpec) -> Job:
    targets = tuple(Target(f"{spec.private}:9999", spec.name) for spec in hosts)
    return Job(name, targets, module=name)


def public_sites(infra: Infra) -> list[PublicSite]:
    """The platform's names as people reach them; Centrifugo's answer to a plain request is a 400."""
    scheme = "http" if infra.tls == "off" else "https"
    asked = [
        (Role.APP, "/health", "answers"),
        (Role.STREAMING, "/connection/websocket", "expects_upgrade"),
    ]
    if packages.source(infra, "grafana") != "none":
        asked.append((Role.BACKUP, "/api/health", "answers"))
    return [
        PublicSite(f"{scheme}://{infra.public_name(role)}{path}", module, infra.host_with(role))
        for role, path, module in asked
    ]


def prometheus_yml(platform: Platform) -> str:
    return render(
        "prometheus/prometheus.yml.j2",
        directory=HOME,
        jobs=jobs(platform),
        ca_file=CA_FILE,
        public_sites=public_sites(platform.infra),
        certificates=_proxied("host_certificates", *platform.hosts()).targets,
    )


def blackbox_yml(infra: Infra) -> str:
    ca_file = CA_FILE if infra.tls == "internal" else ""
    return render("prometheus/blackbox.yml.j2", ca_file=ca_file, inner_ca_file=CA_FILE)


COMMAND = (
    "/usr/bin/prometheus",
    f"--config.file={HOME}/prometheus.yml",
    f"--storage.tsdb.path={DATA}",
    "--storage.tsdb.retention.time=30d",
    "--storage.tsdb.retention.size=10GB",
    # One listener only: loopback for Grafana, the other addresses for admin_networks by the firewall.
    "--web.listen-address=0.0.0.0:9090",
)
CHECK = ("/usr/bin/promtool", "check", "config", f"{HOME}/prometheus.yml")
BLACKBOX = (
    "/usr/bin/prometheus-blackbox-exporter",
    f"--config.file={HOME}/blackbox.yml",
    "--web.listen-address=127.0.0.1:9115",
)


@deploy("Prometheus")
def prometheus() -> None:
    """Install and run Prometheus and the prober of the public names. Its reload refuses what promtool refuses."""
    platform = current()
    packages.install("prometheus", packages.source(platform.infra, "prometheus"))
    _blackbox(platform.infra)
    unit = units.framed(command=COMMAND, writable=["/var/lib/prometheus"], check=CHECK)
    config, rules = prometheus_yml(platform), rule_files(platform.infra, HOME)
    unit_file = managed.files(
        name="Frame its unit",
        directories=[units.directory("prometheus.service")],
        files=[units.file("prometheus.service", unit)],
    )
    written = managed.files(
        name="Write its configuration and alert rules",
        directories=[Directory(HOME), Directory(f"{HOME}/rules")],
        files=[
            *(File(f"{HOME}/rules/{name}", text) for name, text in rules.items()),
            File(f"{HOME}/prometheus.yml", config),
        ],
    )
    managed.service(
        name="Run Prometheus", service="prometheus.service", stamp=managed.stamp(unit), changed_by=[unit_file]
    )
    ready.answers(name="Wait for Prometheus", url="http://127.0.0.1:9090/-/ready", unit="prometheus.service")
    managed.service(
        name="Load its configuration",
        service="prometheus.service",
        stamp=managed.stamp(config, rules),
        changed_by=[written],
        reload=True,
    )


def _blackbox(infra: Infra) -> None:
    unit, config = units.framed(command=BLACKBOX), blackbox_yml(infra)
    files = managed.files(
        name="Configure the prober of public names",
        directories=[Directory(HOME), units.directory("prometheus-blackbox-exporter.service")],
        files=[File(f"{HOME}/blackbox.yml", config), units.file("prometheus-blackbox-exporter.service", unit)],
    )
    managed.service(
        name="Run the prober",
        service="prometheus-blackbox-exporter.service",
        stamp=managed.stamp(unit, config),
        changed_by=[files],
    )
