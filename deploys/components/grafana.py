"""Grafana on the backup host: the datasource, the dashboards, a login. ``source = "none"`` leaves it out."""

from pyinfra import host, logger
from pyinfra.api.deploy import deploy

from codeb.domain.infra import Infra, Role
from deploys.components import packages
from deploys.dashboards import catalogue
from deploys.operations import managed, ready
from deploys.operations.managed import Directory, File
from deploys.platform import Platform, current
from deploys.rendering import render

HOME = "/etc/grafana"
DASHBOARDS = f"{HOME}/codeb-dashboards"
LEFT_OUT = (
    "Grafana is left out: components.grafana.source is none. Prometheus keeps the history on :9090;"
    " set the source to vendor (or url) to have Grafana on :3000."
)


def configuration(platform: Platform) -> list[File]:
    """Its files; the password and the key stand in files of their own, which grafana.ini names."""
    secrets = platform.secrets
    return [
        File(f"{HOME}/grafana.ini", grafana_ini(platform.infra), "0640", "root", "grafana"),
        File(f"{HOME}/admin_password", secrets["grafana_admin_password"], "0640", "root", "grafana"),
        File(f"{HOME}/secret_key", secrets["grafana_secret_key"], "0640", "root", "grafana"),
        File(f"{HOME}/provisioning/datasources/codeb.yml", datasource(), "0640", "root", "grafana"),
        File(f"{HOME}/provisioning/dashboards/codeb.yml", render("grafana/dashboards.yml.j2", directory=DASHBOARDS)),
        *(File(f"{DASHBOARDS}/{name}", text) for name, text in catalogue.files().items()),
    ]


def grafana_ini(infra: Infra) -> str:
    """Plain HTTP behind Caddy; the firewall lets only admin_networks reach :3000 itself."""
    name, secure = infra.public_name(Role.BACKUP), infra.tls != "off"
    scheme = "https" if secure else "http"
    return render("grafana/grafana.ini.j2", public_name=name, root_url=f"{scheme}://{name}/", secure=secure)


def datasource() -> str:
    return render("grafana/datasource.yml.j2", prometheus_url="http://127.0.0.1:9090")


@deploy("Grafana")
def grafana() -> None:
    """Install and run it, or say that it is left out."""
    platform = current()
    source = packages.source(platform.infra, "grafana")
    if source == "none":
        host.log(LEFT_OUT, log_func=logger.warning)
        return
    packages.install("grafana", source)
    unit = render("grafana/unit.conf.j2")
    drop_in = "/etc/systemd/system/grafana-server.service.d"
    files = configuration(platform)
    written = managed.files(
        name="Write its configuration and dashboards",
        directories=[
            Directory(HOME, "0750", "root", "grafana"),
            Directory(f"{HOME}/provisioning/datasources", "0750", "root", "grafana"),
            Directory(f"{HOME}/provisioning/dashboards", "0750", "root", "grafana"),
            Directory(DASHBOARDS, "0750", "root", "grafana"),
            Directory(drop_in),
        ],
        files=[*files, File(f"{drop_in}/codeb.conf", unit)],
    )
    managed.service(
        name="Run Grafana",
        service="grafana-server.service",
        stamp=managed.stamp(unit, *(file.data for file in files)),
        changed_by=[written],
    )
    ready.answers(name="Wait for Grafana", url="http://127.0.0.1:3000/api/health", unit="grafana-server.service")
