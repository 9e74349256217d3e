"""The API on the app host: its user, its directories, its virtual environment, its settings and its unit."""

from pyinfra.api.deploy import deploy
from pyinfra.operations import files

from deploys.components import s3_keys, wheel
from deploys.components.base import TLS_GROUP
from deploys.operations import debian, managed, ready, venv
from deploys.operations.managed import Directory, File
from deploys.operations.users import system_user
from deploys.platform import HostSpec, Platform, current
from deploys.rendering import render

ROOT = "/opt/codeb"
ENV_FILE = "/etc/codeb/codeb.env"
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
        "CODEB_REGISTRY_USERNAME": "codeb",
        "CODEB_REGISTRY_PASSWORD": secrets["registry_password"],
        "CODEB_DB_HOST": storage.private,
        "CODEB_DB_PORT": "5432",
        "CODEB_DB_NAME": "codeb",
        "CODEB_DB_USER": "codeb",
        "CODEB_DB_PASSWORD": secrets["postgres_codeb_password"],
        "CODEB_DB_SSLMODE": "verify-full",
        "CODEB_DB_SSLROOTCERT": "/etc/codeb/tls/ca.pem",
        "CODEB_PROVISION_DB_HOST": storage.private,
        "CODEB_PROVISION_DB_PASSWORD": secrets["postgres_provisioner_password"],
        "CODEB_REDIS_HOST": storage.private,
        "CODEB_REDIS_PASSWORD": secrets["redis_provisioner_password"],
        "CODEB_S3_ENDPOINT": infra.s3_endpoint,
        "CODEB_S3_ACCESS_KEY": cache.access,
        "CODEB_S3_SECRET_KEY": cache.secret,
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


def env_file(values: dict[str, str]) -> str:
    return render("api/codeb.env.j2", settings=values)


@deploy("CodeB API")
def api() -> None:
    """Install and run the API, and wait until it is ready. Docker Engine and Caddy come before it."""
    platform = current()
    spec = platform.here()
    system_user(name="Have user codeb", user="codeb", home=ROOT, groups=["docker", "caddy", TLS_GROUP])
    debian.packages(name="Install what the API runs with", packages=PACKAGES)
    environment = env_file(settings(platform, spec))
    unit = render("api/codeb-api.service.j2", root=ROOT, env_file=ENV_FILE)
    written = managed.files(
        name="Write its directories, settings and unit",
        directories=[Directory("/etc/codeb", "0755"), *directories()],
        files=[
            File(ENV_FILE, environment, "0640", "root", "codeb"),
            File("/etc/systemd/system/codeb-api.service", unit),
        ],
    )
    installed = venv.installed(name="Install codeb", path=f"{ROOT}/venv", wheelhouse=str(platform.wheelhouse or ""))
    files.link(name="Put codeb on the path", path="/usr/local/bin/codeb", target=f"{ROOT}/venv/bin/codeb")
    managed.service(
        name="Run the API",
        service="codeb-api.service",
        stamp=managed.stamp(environment, unit, wheel.source_digest()),
        changed_by=[written, installed],
    )
    ready.answers(name="Wait for the API", url="http://127.0.0.1:9102/health", unit="codeb-api.service", seconds=90)
