"""What every host has: SSH by key, security updates, the CA, its own certificate, and its metrics behind one proxy."""

from pyinfra import state
from pyinfra.api.deploy import deploy

from deploys import outcome
from deploys.components import host_certificate, units
from deploys.components.exporters import modules
from deploys.components.host_certificate import TEXTFILES, TLS, TLS_GROUP
from deploys.components.kernel import kernel
from deploys.components.logs import logs
from deploys.components.ssh import ssh
from deploys.components.updates import updates
from deploys.operations import debian, managed, survey, users
from deploys.operations.interfaces import DefaultInterfaces
from deploys.operations.kernel import KernelState
from deploys.operations.managed import File
from deploys.platform import current
from deploys.rendering import render

NODE, PROXY = "prometheus-node-exporter.service", "prometheus-exporter-exporter.service"
NODE_NEEDS = {"families": "AF_UNIX AF_INET AF_INET6 AF_NETLINK", "measures": True}
_PACKAGES = (
    *("ca-certificates", "curl", "iproute2", "openssl", "python3"),
    "prometheus-node-exporter",
    "prometheus-exporter-exporter",
)


@deploy("Base")
def base() -> None:
    """The system's own settings, then packages, certificates, node exporter and the exporter proxy."""
    outcome.watch(state)
    survey.plan(KernelState)
    survey.plan(DefaultInterfaces)
    ssh()
    updates()
    kernel()
    logs()
    platform = current()
    here = platform.here()
    debian.packages(name="Install what every host has", packages=_PACKAGES)
    users.system_user(name="Have user prometheus", user="prometheus", groups=[TLS_GROUP])
    host_certificate.have(platform, here)
    node = f'ARGS="--web.listen-address=127.0.0.1:9100 --collector.textfile.directory={TEXTFILES}"\n'
    proxy = render("base/exporter-exporter.default.j2", address=f"{here.private}:9999", tls=TLS)
    listed = render(
        "base/exporter-exporter.yml.j2",
        modules=modules(here.roles, platform.infra.s3_engine, here.private),
    )
    node_frame, proxy_frame = units.framed(needs=NODE_NEEDS), units.framed()
    exporters = managed.files(
        name="Configure the exporters",
        directories=[units.directory(NODE), units.directory(PROXY)],
        files=[
            File("/etc/default/prometheus-node-exporter", node),
            File("/etc/default/prometheus-exporter-exporter", proxy),
            File("/etc/prometheus/exporter-exporter.yml", listed),
            host_certificate.told(PROXY, "restart"),
            units.file(NODE, node_frame),
            units.file(PROXY, proxy_frame),
        ],
    )
    managed.service(
        name="Run the node exporter",
        service=NODE,
        stamp=managed.stamp(node, node_frame),
        changed_by=[exporters],
    )
    managed.service(
        name="Run the exporter proxy",
        service=PROXY,
        stamp=managed.stamp(proxy, listed, proxy_frame),
        changed_by=[exporters],
    )
