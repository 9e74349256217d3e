"""PostgreSQL on the storage host: CodeB's database, its owner, and the API that uses it. Spec sections 7 and 9."""

from ipaddress import ip_network

from pyinfra import host
from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import DeployError
from pyinfra.facts.server import LinuxDistribution

from codeb.domain.infra import Role
from codeb.domain.reach import CONTAINER_NETWORKS
from deploys.components import units
from deploys.components.host_certificate import TLS, TLS_GROUP, told
from deploys.components.postgres_memory import memory_for
from deploys.operations import debian, managed, survey, users
from deploys.operations.kernel import KernelState
from deploys.operations.managed import File
from deploys.operations.postgres import sql
from deploys.platform import Platform, current
from deploys.rendering import TEMPLATES, render
from deploys.scram import fits, verifier

DISTRIBUTION_VERSIONS = {("Debian", 12): 15, ("Debian", 13): 17, ("Ubuntu", 22): 14, ("Ubuntu", 24): 16}
DATABASE = "codeb"
IDENT = (TEMPLATES / "postgres" / "pg_ident.conf").read_text()


@deploy("PostgreSQL")
def postgres() -> None:
    """The distribution's package, reachable over TLS from the app host with a password, and locally by its users."""
    platform = current()
    version = distribution_version()
    home = f"/etc/postgresql/{version}/main"
    debian.packages(name="Install PostgreSQL", packages=["postgresql"])
    users.system_user(name="Have user postgres read the host's key", user="postgres", groups=[TLS_GROUP])
    settings, access = conf(platform, survey.ask(KernelState).memory), hba(platform)
    configuration = managed.files(
        name="Write the settings",
        files=[
            told("postgresql.service", "reload"),
            File(f"{home}/conf.d/50-codeb.conf", settings, "0644", "postgres", "postgres"),
        ],
    )
    template = "postgresql@.service"
    managed.files(
        name="Have it come back after a failure",
        directories=[units.directory(template)],
        files=[units.file(template, units.kept(restart="on-failure", oom=-900))],
    )
    rules = managed.files(
        name="Write who may connect",
        files=[
            File(f"{home}/pg_hba.conf", access, "0640", "postgres", "postgres"),
            File(f"{home}/pg_ident.conf", IDENT, "0640", "postgres", "postgres"),
        ],
    )
    unit = f"postgresql@{version}-main.service"
    managed.service(name="Run PostgreSQL", service=unit, stamp=managed.stamp(settings), changed_by=[configuration])
    managed.service(
        name="Apply who may connect", service=unit, stamp=managed.stamp(access, IDENT), changed_by=[rules], reload=True
    )
    script = setup(platform)
    sql(name="Have CodeB's roles and database", script=script)


def setup(platform: Platform) -> str:
    """Verifiers are kept with the passwords that they were made of: a new salt would be a change in every run."""
    roles = {"verifier": "codeb", "owner": "owner", "provisioner": "provisioner"}
    verifiers = {word: _verifier(platform, role) for word, role in roles.items()}
    return render("postgres/setup.sql.j2", name=DATABASE, **verifiers)


def _verifier(platform: Platform, role: str) -> str:
    """Another password, one out of the environment say, has another verifier."""
    password, name = platform.secrets[f"postgres_{role}_password"], f"postgres_{role}_verifier"
    kept = platform.secrets.get_or_make(name, lambda: verifier(password))
    if not fits(password, kept):
        platform.secrets.put({name: (kept := verifier(password))})
    return kept


def distribution_version() -> int:
    """The major version that this host's distribution has; raises DeployError for one that we do not know."""
    facts = host.get_fact(LinuxDistribution)
    version = DISTRIBUTION_VERSIONS.get((facts["name"] or "", facts["major"] or 0))
    if version is None:
        raise DeployError(
            f"{facts['name']} {facts['major']} is not known here; Debian 12 and 13, Ubuntu 22.04 and 24.04 are"
        )
    return version


def conf(platform: Platform, memory: int) -> str:
    """Listens on loopback and the private address; TLS with the host's certificate. ``memory`` is in kilobytes."""
    addresses = ["127.0.0.1", platform.one(Role.STORAGE).private]
    listed = ",".join(dict.fromkeys(addresses))
    return render("postgres/codeb.conf.j2", addresses=listed, tls=TLS, memory=memory_for(memory))


def hba(platform: Platform) -> str:
    app = platform.one(Role.APP)
    networks = dict.fromkeys(str(ip_network(address)) for address in (app.private, app.address))
    containers = [CONTAINER_NETWORKS] if Role.APP in platform.one(Role.STORAGE).roles else []
    return render("postgres/pg_hba.conf.j2", name=DATABASE, app=list(networks), containers=containers)
