"""What every host has: SSH by key, security updates, the CA, its own certificate, and its metrics behind one proxy."""

from pyinfra.api.deploy import deploy

from deploys.components.exporters import modules
from deploys.components.kernel import kernel
from deploys.components.ssh import ssh
from deploys.components.updates import updates
from deploys.operations import debian, managed, users
from deploys.operations.managed import Directory, File
from deploys.platform import current
from deploys.rendering import render

TLS = "/etc/codeb/tls"
TLS_GROUP = "codeb-tls"
TEXTFILES = "/var/lib/prometheus/node-exporter"
"""Where the node exporter looks for files of metrics."""
_PACKAGES = ("ca-certificates", "curl", "iproute2", "prometheus-node-exporter", "prometheus-exporter-exporter")


@deploy("Base")
def base() -> None:
    """The system's own settings, then packages, certificates, node exporter and the exporter proxy."""
    ssh()
    updates()
    kernel()
    platform = current()
    here = platform.here()
    pair = platform.certificate(here)
    debian.packages(name="Install what every host has", packages=_PACKAGES)
    users.system_user(name="Have user prometheus", user="prometheus", groups=[TLS_GROUP])
    certificates = managed.files(
        name="Write the host's certificate",
        directories=[Directory("/etc/codeb", "0755"), Directory(TLS, "0755")],
        files=[
            File(f"{TLS}/ca.pem", platform.ca.root_pem),
            File(f"{TLS}/cert.pem", pair.certificate),
            File(f"{TLS}/key.pem", pair.key, "0640", group=TLS_GROUP),
        ],
    )
    node = f'ARGS="--web.listen-address=127.0.0.1:9100 --collector.textfile.directory={TEXTFILES}"\n'
    proxy = render("base/exporter-exporter.default.j2", address=f"{here.private}:9999", tls=TLS)
    listed = render(
        "base/exporter-exporter.yml.j2",
        modules=modules(here.roles, platform.infra.s3_engine, here.private),
    )
    exporters = managed.files(
        name="Configure the exporters",
        files=[
            File("/etc/default/prometheus-node-exporter", node),
            File("/etc/default/prometheus-exporter-exporter", proxy),
            File("/etc/prometheus/exporter-exporter.yml", listed),
        ],
    )
    managed.service(
        name="Run the node exporter",
        service="prometheus-node-exporter.service",
        stamp=managed.stamp(node),
        changed_by=[exporters],
    )
    managed.service(
        name="Run the exporter proxy",
        service="prometheus-exporter-exporter.service",
        stamp=managed.stamp(proxy, listed, pair.certificate),
        changed_by=[exporters, certificates],
    )
