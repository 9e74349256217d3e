"""Alertmanager on the backup host, on loopback: it gathers what Prometheus finds."""

from pyinfra.api.deploy import deploy

from deploys.components import packages
from deploys.components.prometheus import framed
from deploys.operations import managed, ready
from deploys.operations.managed import Directory, File
from deploys.platform import current
from deploys.rendering import render

HOME = "/etc/prometheus/codeb"
COMMAND = (
    "/usr/bin/prometheus-alertmanager",
    f"--config.file={HOME}/alertmanager.yml",
    "--storage.path=/var/lib/prometheus/alertmanager",
    "--web.listen-address=127.0.0.1:9093",
    # No cluster: an empty address switches the gossip port off.
    "--cluster.listen-address=",
)
DROP_IN = "/etc/systemd/system/prometheus-alertmanager.service.d"


@deploy("Alertmanager")
def alertmanager() -> None:
    """Install and run it."""
    packages.install("alertmanager", packages.source(current().infra, "alertmanager"))
    unit, config = framed(COMMAND, ["/var/lib/prometheus"]), render("alertmanager/alertmanager.yml.j2")
    files = managed.files(
        name="Write its configuration",
        directories=[Directory(HOME), Directory(DROP_IN)],
        files=[File(f"{HOME}/alertmanager.yml", config), File(f"{DROP_IN}/codeb.conf", unit)],
    )
    managed.service(
        name="Run Alertmanager",
        service="prometheus-alertmanager.service",
        stamp=managed.stamp(unit, config),
        changed_by=[files],
    )
    ready.answers(
        name="Wait for Alertmanager", url="http://127.0.0.1:9093/-/ready", unit="prometheus-alertmanager.service"
    )
