"""What can be upgraded alone: by which function, how its version and its health are read, and how to go back."""

from codeb.domain.infra import Role
from deploys.components import wheel
from deploys.components.alertmanager import alertmanager
from deploys.components.api import api
from deploys.components.base import base
from deploys.components.caddy import caddy
from deploys.components.centrifugo import centrifugo
from deploys.components.docker import docker
from deploys.components.exporters import OBJECT_STORAGE_METRICS as METRICS
from deploys.components.grafana import grafana
from deploys.components.object_storage import object_storage
from deploys.components.postgres import postgres
from deploys.components.prometheus import prometheus
from deploys.components.redis import redis
from deploys.components.registry import registry
from deploys.components.s3_engines import UNIT as S3_UNIT
from deploys.operations.upgrade import Upgrade

_CURL = "curl --silent --fail --max-time 5"
_FILE_BACK = (
    "write version, url and sha256 of before into infra.toml, and run `pyinfra inventory.py deploys/bootstrap.py"
    " --limit HOST`, which does not ask whether it is well now"
)
_EVERYWHERE = tuple(Role)


def _installed(package: str) -> str:
    return f"dpkg-query --show --showformat '${{Version}}' {package}"


_OTHER_VENV = '$(ls -1dt /opt/codeb/venvs/* | grep -vxF "$(readlink /opt/codeb/venv)" | head -n 1)'

UPGRADES = {
    "alertmanager": Upgrade(
        alertmanager,
        (Role.BACKUP,),
        _installed("prometheus-alertmanager"),
        f"{_CURL} http://127.0.0.1:9093/-/ready",
        ("prometheus-alertmanager",),
    ),
    "caddy": Upgrade(
        caddy,
        (Role.APP, Role.STREAMING, Role.BACKUP),
        "$(sed -n 's/^ExecStart=\\([^ ]*\\).*/\\1/p' /etc/systemd/system/caddy.service) version",
        f"systemctl is-active --quiet caddy && {_CURL} http://127.0.0.1:9180/metrics",
        ("caddy",),
        back=_FILE_BACK,
    ),
    "centrifugo": Upgrade(
        centrifugo,
        (Role.STREAMING,),
        "centrifugo version",
        f"{_CURL} --cacert /etc/codeb/tls/ca.pem https://$PRIVATE:8001/health",
        ("centrifugo",),
        back=_FILE_BACK,
    ),
    "codeb": Upgrade(
        api,
        (Role.APP,),
        "readlink /opt/codeb/venv; /opt/codeb/venv/bin/codeb --version",
        f"{_CURL} http://127.0.0.1:9102/health | grep -q '\"degraded\":false'",
        backed_up="/var/backups/codeb-state",
        back="the environment of before is linked in again already; run the release of before from its own checkout",
        undo=(
            f"ln -sfn {_OTHER_VENV} /opt/codeb/venv.new && mv -T /opt/codeb/venv.new /opt/codeb/venv"
            " && systemctl restart codeb-api"
        ),
        expected=lambda: wheel.source_digest()[:16],
    ),
    "docker": Upgrade(
        docker,
        (Role.APP,),
        "docker version --format '{{.Server.Version}}'",
        "docker info --format '{{.ID}}'",
        ("docker.io", "docker-ce", "docker-ce-cli", "containerd", "containerd.io", "runc"),
    ),
    "grafana": Upgrade(
        grafana, (Role.BACKUP,), _installed("grafana"), f"{_CURL} http://127.0.0.1:3000/api/health", ("grafana",)
    ),
    "object_storage": Upgrade(
        object_storage,
        (Role.STORAGE,),
        "for p in versitygw silo minio rustfs; do command -v $p >/dev/null && $p --version; done",
        f"systemctl is-active --quiet {S3_UNIT} && {{ [ ! -x {METRICS} ] || {METRICS}; }}",
        back=_FILE_BACK,
    ),
    "postgres": Upgrade(
        postgres,
        (Role.STORAGE,),
        "runuser -u postgres -- psql -XAtqc 'SHOW server_version' codeb",
        "runuser -u postgres -- psql -XAtqc 'SELECT 1 FROM pg_database LIMIT 1' codeb",
        ("postgresql", "postgresql-[0-9]*", "postgresql-client-[0-9]*", "libpq5"),
        backed_up="/var/backups/codeb",
    ),
    "prometheus": Upgrade(
        prometheus,
        (Role.BACKUP,),
        _installed("prometheus"),
        f"{_CURL} http://127.0.0.1:9090/-/ready",
        ("prometheus", "prometheus-blackbox-exporter"),
    ),
    "redis": Upgrade(
        redis,
        (Role.STORAGE,),
        _installed("redis-server"),
        f"{_CURL} http://127.0.0.1:9121/metrics | grep -qx 'redis_up 1'",
        ("redis-server", "redis-tools"),
        backed_up="/var/backups/codeb",
    ),
    "registry": Upgrade(
        registry, (Role.STORAGE,), "registry --version", f"{_CURL} http://127.0.0.1:5001/debug/health", back=_FILE_BACK
    ),
    "system": Upgrade(
        base,
        _EVERYWHERE,
        "cat /etc/debian_version; uname -r; test ! -e /run/reboot-required || echo 'a reboot is wanted'",
        'test -z "$(systemctl --failed --no-legend --plain)"',
        ("*",),
    ),
}
