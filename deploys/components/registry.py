"""The private registry on the storage host: TLS, one password, files on disk. Spec section 9."""

import bcrypt
from pyinfra.api.deploy import deploy

from codeb.domain.infra import Role
from deploys.components import artifacts
from deploys.components.base import TLS, TLS_GROUP
from deploys.operations import managed, ready, users
from deploys.operations.managed import Directory, File
from deploys.platform import Platform, current
from deploys.rendering import render

HOME = "/etc/codeb/registry"
DATA = "/var/lib/registry"
USER = "codeb"
_ROUNDS = 10


@deploy("Registry")
def registry() -> None:
    """CNCF distribution as a hardened service of its own user."""
    platform = current()
    users.system_user(name="Have user registry", user="registry", home=DATA, groups=[TLS_GROUP])
    program = artifacts.fetch("registry")
    binary = managed.binary(name="Install the registry", path="/usr/local/bin/registry", artifact=program)
    configuration, unit = config(platform), render("registry/codeb-registry.service.j2", home=HOME, data=DATA)
    files = managed.files(
        name="Configure the registry",
        directories=[Directory(HOME, "0750", group="registry"), Directory(DATA, "0700", "registry", "registry")],
        files=[
            File(f"{HOME}/config.yml", configuration, "0640", group="registry"),
            File(f"{HOME}/htpasswd", htpasswd(platform), "0640", group="registry"),
            File("/etc/systemd/system/codeb-registry.service", unit),
        ],
    )
    certificate = platform.certificate(platform.here()).certificate
    managed.service(
        name="Run the registry",
        service="codeb-registry.service",
        stamp=managed.stamp(configuration, unit, program.name, certificate),
        changed_by=[files, binary],
    )
    ready.answers(name="Wait for the registry", url="http://127.0.0.1:5001/debug/health", unit="codeb-registry.service")


def config(platform: Platform) -> str:
    return render(
        "registry/config.yml.j2",
        home=HOME,
        data=DATA,
        tls=TLS,
        address=f"{platform.one(Role.STORAGE).private}:5000",
        http_secret=platform.secrets["registry_http_secret"],
    )


def htpasswd(platform: Platform) -> str:
    """One line, the same on every run while the password is the same: bcrypt's salt is kept with it."""
    password = platform.secrets["registry_password"].encode()
    kept = platform.secrets.get("registry_htpasswd")
    if kept is None or not bcrypt.checkpw(password, kept.partition(":")[2].encode()):
        kept = f"{USER}:{bcrypt.hashpw(password, bcrypt.gensalt(_ROUNDS, b'2a')).decode()}"
        platform.secrets.put({"registry_htpasswd": kept})
    return f"{kept}\n"
