"""Docker Engine on the app host: what every container there inherits, and the registry it trusts."""

from pyinfra.api.deploy import deploy

from deploys.components import packages
from deploys.operations import managed
from deploys.operations.managed import Directory, File
from deploys.platform import current
from deploys.rendering import render

ADDRESS_POOL = "172.20.0.0/14"
"""16,384 project networks of /28; the engine itself skips what the host routes elsewhere."""


def daemon_json(pool: str = ADDRESS_POOL) -> str:
    """daemon.json; published ports bind to loopback, because a published port goes round the firewall."""
    return render("docker/daemon.json.j2", pool=pool)


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
