"""Docker Engine on the app host: what every container there inherits, and the registry it trusts."""

from pyinfra.api.deploy import deploy

from codeb.domain.reach import CONTAINER_NETWORKS
from deploys.components import packages
from deploys.components.exporters import ENGINE_METRICS_PORT
from deploys.operations import managed
from deploys.operations.managed import Directory, File
from deploys.platform import current
from deploys.rendering import render


def daemon_json(pool: str = CONTAINER_NETWORKS) -> str:
    """daemon.json; published ports bind to loopback, because a published port goes round the firewall."""
    return render("docker/daemon.json.j2", pool=pool, metrics_port=ENGINE_METRICS_PORT)


@deploy("Docker Engine")
def docker() -> None:
    """Debian's or Docker's own engine. The files come first, so that the package's first start reads them."""
    platform = current()
    registry = platform.infra.registry
    files = managed.files(
        name="Configure the engine and trust the registry",
        directories=[Directory("/etc/docker", "0755"), Directory(f"/etc/docker/certs.d/{registry}", "0755")],
        files=[
            File("/etc/docker/daemon.json", daemon_json()),
            File(f"/etc/docker/certs.d/{registry}/ca.crt", platform.ca.root_pem),
        ],
    )
    packages.install("docker", packages.source(platform.infra, "docker"))
    managed.service(
        name="Run the engine",
        service="docker.service",
        stamp=managed.stamp(daemon_json()),
        changed_by=[files],
    )
