"""The private registry on the storage host: TLS, tokens that the API signs, files on disk. Spec section 9."""

from pyinfra.api.deploy import deploy
from pyinfra.operations import files as pyinfra_files

from codeb.domain.infra import Role
from codeb.domain.registry_keys import ALGORITHM, ISSUER
from deploys.components import artifacts, registry_key
from deploys.components.host_certificate import TLS, TLS_GROUP, told
from deploys.operations import managed, ready, users
from deploys.operations.managed import Directory, File
from deploys.platform import Platform, current
from deploys.rendering import render

HOME = "/etc/codeb/registry"
DATA = "/var/lib/registry"
UNIT = "codeb-registry.service"
GC = "codeb-registry-gc"
GC_SCRIPT = "/usr/local/lib/codeb/registry-gc.sh"
UNITS = "/etc/systemd/system"


@deploy("Registry")
def registry() -> None:
    """CNCF distribution as a hardened service of its own user."""
    platform = current()
    users.system_user(name="Have user registry", user="registry", home=DATA, groups=[TLS_GROUP])
    program = artifacts.fetch("registry")
    binary = managed.binary(name="Install the registry", path="/usr/local/bin/registry", artifact=program)
    wanted = config_files(platform)
    files = managed.files(
        name="Configure the registry",
        directories=[Directory(HOME, "0750", group="registry"), Directory(DATA, "0700", "registry", "registry")],
        files=wanted,
    )
    managed.service(
        name="Run the registry",
        service=UNIT,
        stamp=managed.stamp(*(file.data for file in wanted), program.name),
        changed_by=[files, binary],
    )
    pyinfra_files.file(name="Remove the password file of before", path=f"{HOME}/htpasswd", present=False)
    ready.answers(name="Wait for the registry", url="http://127.0.0.1:5001/debug/health", unit=UNIT)
    _collect_garbage()


def _collect_garbage() -> None:
    wanted = gc_files()
    written = managed.files(
        name="Configure the registry's garbage collection",
        directories=[Directory("/usr/local/lib/codeb", "0755")],
        files=wanted,
    )
    managed.service(
        name="Run the registry's garbage collection on a timer",
        service=f"{GC}.timer",
        stamp=managed.stamp(*(file.data for file in wanted)),
        changed_by=[written],
    )


def config_files(platform: Platform) -> list[File]:
    return [
        told(UNIT, "restart"),
        File(f"{HOME}/config.yml", config(platform), "0640", group="registry"),
        File(f"{HOME}/config-readonly.yml", config(platform, read_only=True), "0640", group="registry"),
        File(f"{HOME}/tokens.jwks", registry_key.key_set(platform), "0640", group="registry"),
        File(f"{UNITS}/{UNIT}", render("registry/codeb-registry.service.j2", home=HOME, data=DATA)),
    ]


def gc_files() -> list[File]:
    return [
        File(GC_SCRIPT, render("registry/gc.sh.j2", home=HOME, data=DATA, unit=UNIT), "0755"),
        File(f"{UNITS}/{GC}.service", render("registry/gc.service.j2", script=GC_SCRIPT, data=DATA)),
        File(f"{UNITS}/{GC}.timer", render("registry/gc.timer.j2")),
    ]


def config(platform: Platform, *, read_only: bool = False) -> str:
    infra = platform.infra
    return render(
        "registry/config.yml.j2",
        home=HOME,
        data=DATA,
        tls=TLS,
        address=f"{platform.one(Role.STORAGE).private}:5000",
        http_secret=platform.secrets["registry_http_secret"],
        realm=f"{'http' if infra.tls == 'off' else 'https'}://api.{infra.domain}/api/registry/token",
        service=infra.registry,
        issuer=ISSUER,
        algorithm=ALGORITHM,
        read_only=read_only,
    )
