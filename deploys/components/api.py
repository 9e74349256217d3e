"""The API on the app host: its user, its directories, its virtual environment, its settings and its unit."""

from functools import partial

from pyinfra.api.deploy import deploy
from pyinfra.operations import files

from deploys.components import registry_key, s3_keys, s3_projects, wheel
from deploys.components.host_certificate import TLS_GROUP
from deploys.operations import debian, managed, ready, venv
from deploys.operations.managed import Directory, File
from deploys.operations.users import system_user
from deploys.platform import HostSpec, Platform, current
from deploys.rendering import render

ROOT = "/opt/codeb"
ENV_FILE = "/etc/codeb/codeb.env"
OWNER = "codeb-owner"
OWNER_FILE = "/etc/codeb/owner.env"
UNITS = "/etc/systemd/system"
REGISTRY_TOKEN_KEY = f"{ROOT}/registry/token-key.pem"
PACKAGES = ["python3-venv", "postgresql-client"]
"""What the virtual environment is made with, and what dumps a project's database before a migration."""
PRIVATE = (
    "registry",
    "registry/slots",
    "registry/projects",
    "registry/sites",
    "journal",
    "env",
    "logs",
    "logs/rollbacks",
    "locks",
    "dumps",
    "outbox",
    "spool",
    "spool/audit",
    "cancellations",
)


def directories() -> list[Directory]:
    """Design section 1: Caddy reads the routes and writes nothing, nobody else reads anything."""
    return [
        Directory(ROOT, "0710", "codeb", "caddy"),
        Directory(f"{ROOT}/routes", "0750", "codeb", "caddy"),
        *(Directory(f"{ROOT}/{name}", "0700", "codeb", "codeb") for name in PRIVATE),
        Directory("/etc/caddy/sites", "2750", "codeb", "caddy"),
    ]


def settings(platform: Platform, spec: HostSpec) -> dict[str, str]:
    """The variables of codeb/settings.py for this host."""
    infra, secrets = platform.infra, platform.secrets
    storage, cache = platform.one("storage"), s3_keys.keys(platform, "docker-cache")
    own_users = infra.s3_engine == "versitygw"
    return {
        "CODEB_ENV": "production",
        "CODEB_DOMAIN": infra.domain,
        "CODEB_LISTEN": "127.0.0.1:9101",
        "CODEB_INTERNAL_LISTEN": f"{spec.private}:9101,127.0.0.1:9102",
        "CODEB_CORS_ORIGINS": ",".join(infra.cors_origins),
        "CODEB_ROOT": ROOT,
        "CODEB_TLS": infra.tls,
        "CODEB_HTTP_REDIRECT": "true" if infra.http_redirect else "false",
        "CODEB_CADDY_SITES": "/etc/caddy/sites",
        "CODEB_CADDY_FILE": "/etc/caddy/Caddyfile",
        "CODEB_CADDY_ADMIN": "/run/caddy/admin.sock",
        "CODEB_REGISTRY": infra.registry,
        **_database(platform, "codeb", "postgres_codeb_password"),
        "CODEB_REGISTRY_TOKEN_KEY": REGISTRY_TOKEN_KEY,
        "CODEB_PROVISION_DB_HOST": storage.private,
        "CODEB_PROVISION_DB_PASSWORD": secrets["postgres_provisioner_password"],
        "CODEB_REDIS_HOST": storage.private,
        "CODEB_REDIS_PASSWORD": secrets["redis_provisioner_password"],
        "CODEB_S3_ENDPOINT": infra.s3_endpoint,
        "CODEB_S3_ACCESS_KEY": "" if own_users else cache.access,
        "CODEB_S3_SECRET_KEY": "" if own_users else cache.secret,
        "CODEB_S3_PROJECTS_KEY": secrets[s3_projects.SECRET] if own_users else "",
        "CODEB_PROBE_SECRET": secrets["probe_secret"],
        "CODEB_ENV_KEY": secrets["env_key"],
        "CODEB_ENV_KEY_PREVIOUS": secrets.get("env_key_previous") or "",
        "CODEB_GRACE_HOURS": f"{infra.releases.grace_hours:g}",
        "CODEB_PREVIEW_PROTECTION": "true" if infra.releases.preview_protection else "false",
        "CODEB_MIN_FREE_MB": str(infra.releases.min_free_mb),
        "CODEB_PLATFORM_HOSTS": ",".join(
            sorted({each for host in platform.hosts() for each in (host.address, host.private)})
        ),
        "CODEB_PUBLIC_ADDRESS": spec.address,
        "CODEB_CENTRIFUGO_URL": f"https://{platform.one('streaming').private}:8001",
        "CODEB_CENTRIFUGO_API_KEY": secrets["centrifugo_api_key"],
        "CODEB_CENTRIFUGO_TOKEN_SECRET": secrets["centrifugo_token_secret"],
    }


def owner_settings(platform: Platform) -> dict[str, str]:
    """Of what migrates the database and prunes the audit. Root's alone: systemd hands it to the owner's units."""
    return {**_database(platform, "codeb_owner", "postgres_owner_password"), "CODEB_DB_RUNTIME": "codeb"}


def _database(platform: Platform, role: str, password: str) -> dict[str, str]:
    return {
        "CODEB_DB_HOST": platform.one("storage").private,
        "CODEB_DB_PORT": "5432",
        "CODEB_DB_NAME": "codeb",
        "CODEB_DB_USER": role,
        "CODEB_DB_OWNER": "codeb_owner",
        "CODEB_DB_PASSWORD": platform.secrets[password],
        "CODEB_DB_SSLMODE": "verify-full",
        "CODEB_DB_SSLROOTCERT": "/etc/codeb/tls/ca.pem",
    }


def owner_units(days: int) -> dict[str, str]:
    """Names and texts."""
    unit = partial(render, "api/owner.service.j2", root=ROOT, env_file=OWNER_FILE, user=OWNER)
    return {
        "codeb-migrate.service": unit(description="CodeB's database schema", command="migrate", migrates=True),
        "codeb-audit-prune.service": unit(
            description="Pruning of CodeB's audit", command=f"audit prune --older-than {days}", migrates=False
        ),
        "codeb-audit-prune.timer": render("api/codeb-audit-prune.timer.j2"),
    }


def env_file(values: dict[str, str]) -> str:
    return render("api/codeb.env.j2", settings=values)


@deploy("CodeB API")
def api() -> None:
    """Install and run the API, and wait until it is ready. Docker Engine and Caddy come before it."""
    platform = current()
    spec = platform.here()
    system_user(name="Have user codeb", user="codeb", home=ROOT, groups=["docker", "caddy", TLS_GROUP])
    system_user(name="Have user codeb-owner, which reaches the program", user=OWNER, groups=["caddy"])
    debian.packages(name="Install what the API runs with", packages=PACKAGES)
    environment = env_file(settings(platform, spec))
    unit = render("api/codeb-api.service.j2", root=ROOT, env_file=ENV_FILE)
    owner, units = env_file(owner_settings(platform)), owner_units(platform.infra.audit_days)
    written = managed.files(
        name="Write its directories, settings and unit",
        directories=[Directory("/etc/codeb", "0755"), *directories()],
        files=[
            File(ENV_FILE, environment, "0640", "root", "codeb"),
            File(f"{UNITS}/codeb-api.service", unit),
            File(OWNER_FILE, owner, "0600"),
            *(File(f"{UNITS}/{name}", text) for name, text in units.items()),
            File(REGISTRY_TOKEN_KEY, registry_key.private_key(platform), "0600", "codeb", "codeb"),
        ],
    )
    installed = venv.installed(name="Install codeb", path=f"{ROOT}/venv", wheelhouse=str(platform.wheelhouse or ""))
    files.link(name="Put codeb on the path", path="/usr/local/bin/codeb", target=f"{ROOT}/venv/bin/codeb")
    managed.service(
        name="Bring the database's schema up to date",
        service="codeb-migrate.service",
        stamp=managed.stamp(owner, units["codeb-migrate.service"], wheel.source_digest()),
        changed_by=[written, installed],
    )
    managed.service(
        name="Prune the audit every day",
        service="codeb-audit-prune.timer",
        stamp=managed.stamp(units["codeb-audit-prune.timer"], units["codeb-audit-prune.service"]),
        changed_by=[written],
    )
    managed.service(
        name="Run the API",
        service="codeb-api.service",
        stamp=managed.stamp(environment, unit, wheel.source_digest()),
        changed_by=[written, installed],
    )
    ready.answers(name="Wait for the API", url="http://127.0.0.1:9102/health", unit="codeb-api.service", seconds=90)
