"""How a component comes to a host: the distribution's package, its vendor's repository, or a file that we verified."""

from dataclasses import dataclass

from pyinfra import host
from pyinfra.api.exceptions import DeployError
from pyinfra.api.operation import OperationMeta
from pyinfra.facts.server import LsbRelease
from pyinfra.operations import apt, files

from codeb.domain.infra import Infra
from deploys.components import artifacts
from deploys.operations import debian, managed
from deploys.platform import current


@dataclass(frozen=True, slots=True)
class Program:
    """Where a program is on the host, a mark of which it is, and what may have changed it in this run."""

    path: str
    mark: str
    changed_by: tuple[OperationMeta, ...] = ()


@dataclass(frozen=True, slots=True)
class Repository:
    """A vendor's apt repository; ``suite`` empty stands for the host's own release name."""

    uri: str
    key: str
    suite: str
    component: str


SOURCES = {
    "alertmanager": "apt",
    "caddy": "url",
    "centrifugo": "url",
    "docker": "apt",
    "grafana": "vendor",
    "prometheus": "apt",
}
"""Where a component comes from when infra.toml does not say."""
DISTRIBUTION: dict[str, tuple[str, ...]] = {
    "alertmanager": ("prometheus-alertmanager",),
    "caddy": ("caddy",),
    "docker": ("docker.io",),
    "prometheus": ("prometheus", "prometheus-blackbox-exporter"),
}
VENDOR_PACKAGES: dict[str, tuple[str, ...]] = {
    "caddy": ("caddy",),
    "centrifugo": ("centrifugo",),
    "docker": ("docker-ce", "docker-ce-cli", "containerd.io"),
    "grafana": ("grafana",),
}
_DOCKER = "https://download.docker.com/linux/debian"
REPOSITORIES = {
    "caddy": Repository(
        "https://dl.cloudsmith.io/public/caddy/stable/deb/debian",
        "https://dl.cloudsmith.io/public/caddy/stable/gpg.key",
        "any-version",
        "main",
    ),
    "centrifugo": Repository(
        "https://packagecloud.io/FZambia/centrifugo/debian",
        "https://packagecloud.io/FZambia/centrifugo/gpgkey",
        "",
        "main",
    ),
    "docker": Repository(_DOCKER, f"{_DOCKER}/gpg", "", "stable"),
    "grafana": Repository("https://apt.grafana.com", "https://apt.grafana.com/gpg-full.key", "stable", "main"),
}


def source(infra: Infra, component: str) -> str:
    return infra.component(component).source or SOURCES[component]


def install(component: str, source: str) -> None:
    """Install ``component`` by its ``source``. Base has read the package lists; a vendor's are read here."""
    if source == "url":
        _from_file(component)
        return
    known = {"apt": DISTRIBUTION, "vendor": VENDOR_PACKAGES}.get(source, {})
    if component not in known:
        raise DeployError(f"components.{component}.source = {source}: there is no such way to get {component}")
    if source == "vendor":
        _repository(component, REPOSITORIES[component])
    names = known[component]
    debian.packages(name=f"Install {' and '.join(names)}", packages=names)


def program(infra: Infra, component: str) -> Program:
    """Have ``component``, which is one program: as a file of ours, or from a package."""
    chosen = source(infra, component)
    if chosen != "url":
        install(component, chosen)
        return Program(f"/usr/bin/{component}", chosen)
    artifact, path = artifacts.fetch(component), f"/usr/local/bin/{component}"
    installed = managed.binary(name=f"Install {component}", path=path, artifact=artifact)
    return Program(path, infra.component(component).sha256 or artifact.name, (installed,))


def _from_file(component: str) -> None:
    """A .deb that the operator's machine has fetched and verified."""
    if component not in artifacts.ARTIFACTS:
        raise DeployError(
            f"components.{component}.source = url: there is no single file of {component}; use apt or vendor"
        )
    path = f"{managed.STATE}/{component}.deb"
    managed.binary(name=f"Have the package of {component}", path=path, artifact=artifacts.fetch(component))
    apt.deb(name=f"Install {component}", src=path)


def _repository(component: str, repository: Repository) -> None:
    mirror = current().infra.artifact_mirror
    keyring = f"/etc/apt/keyrings/{component}.asc"
    suite = repository.suite or host.get_fact(LsbRelease)["codename"]
    files.download(
        name=f"Fetch the signing key of {component}",
        src=artifacts.mirrored(repository.key, mirror),
        dest=keyring,
        mode="644",
    )
    listed = apt.sources_file(
        name=f"Add the repository of {component}",
        filename=component,
        types=["deb"],
        uris=[artifacts.mirrored(repository.uri, mirror)],
        suites=[suite],
        components=[repository.component],
        signed_by=keyring,
    )
    apt.update(name=f"Read the repository of {component}", _if=listed.did_change)
