"""Which exporters a host has, by its roles. All listen on loopback; one proxy per host hands them to Prometheus."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyinfra.api.deploy import deploy

from codeb.domain.infra import Role, S3Engine
from deploys.components import units
from deploys.components.s3_engines import ENGINES
from deploys.operations import debian, managed
from deploys.operations.managed import Directory, File
from deploys.platform import current
from deploys.rendering import TEMPLATES, render

CONTAINER_METRICS = "/usr/local/lib/codeb/container-metrics"
CONTAINER_METRICS_PORT = 9118
API_METRICS_PORT = 9102
ENGINE_METRICS_PORT = 9323
"""Where daemon.json has the engine show its own."""
OBJECT_STORAGE_METRICS = "/usr/local/lib/codeb/object-storage-metrics"


@dataclass(frozen=True, slots=True)
class Module:
    """One exporter behind the proxy: an address, or a command that prints metrics."""

    name: str
    port: int = 0
    path: str = "/metrics"
    address: str = "127.0.0.1"
    command: str = ""
    tls: bool = False


def modules(roles: Sequence[Role], engine: S3Engine, private: str) -> list[Module]:
    found = [Module("node", 9100)]
    if {Role.APP, Role.STREAMING, Role.BACKUP} & set(roles):
        found.append(Module("caddy", 9180))
    if Role.STORAGE in roles:
        found += [Module("postgres", 9187), Module("redis", 9121), Module("registry", 5001)]
        if engine != "external":
            found.append(_object_storage(engine, private))
    if Role.APP in roles:
        found += [Module("docker", ENGINE_METRICS_PORT), Module("containers", CONTAINER_METRICS_PORT)]
        found.append(Module("api", API_METRICS_PORT))
    if Role.STREAMING in roles:
        found.append(Module("centrifugo", 8001, address=private, tls=True))
    return found


def _object_storage(engine: S3Engine, private: str) -> Module:
    """An engine without metrics of its own has a command that asks its health and measures its disk."""
    path = ENGINES[engine].metrics if engine in ENGINES else ""
    if not path:
        return Module("object_storage", command=OBJECT_STORAGE_METRICS)
    return Module("object_storage", 9000, path, private, tls=True)


@deploy("Exporters of the storage host")
def exporters() -> None:
    """PostgreSQL by its socket as a role that may only look, Redis as a user that may only look."""
    password = current().secrets["redis_exporter_password"]
    debian.packages(
        name="Install the exporters", packages=["prometheus-postgres-exporter", "prometheus-redis-exporter"]
    )
    postgres = (
        'ARGS="--web.listen-address=127.0.0.1:9187"\n'
        'DATA_SOURCE_NAME="user=prometheus host=/run/postgresql dbname=postgres"\n'
    )
    redis = render("redis/exporter.default.j2", password=password)
    frame = units.framed()
    services = [f"prometheus-{name}-exporter.service" for name in ("postgres", "redis")]
    files = managed.files(
        name="Configure the exporters",
        directories=[units.directory(service) for service in services],
        files=[
            *(units.file(service, frame) for service in services),
            File("/etc/default/prometheus-postgres-exporter", postgres, "0640"),
            File("/etc/default/prometheus-redis-exporter", redis, "0600"),
        ],
    )
    for service, text in zip(services, (postgres, redis), strict=True):
        managed.service(
            name=f"Run {service}",
            service=service,
            stamp=managed.stamp(text, frame),
            changed_by=[files],
        )


@deploy("Metrics of the projects' containers")
def container_metrics() -> None:
    """A small exporter of ours on the app host: whose container uses how much CPU and memory."""
    unit = "codeb-container-metrics.service"
    program = (TEMPLATES / "exporters" / "container_metrics.py").read_bytes()
    text = render(
        "exporters/codeb-container-metrics.service.j2", program=CONTAINER_METRICS, port=CONTAINER_METRICS_PORT
    )
    written = managed.files(
        name="Write the exporter of containers",
        directories=[Directory("/usr/local/lib/codeb", "0755")],
        files=[File(CONTAINER_METRICS, program, "0755"), File(f"/etc/systemd/system/{unit}", text)],
    )
    managed.service(
        name="Run the exporter of containers",
        service=unit,
        stamp=managed.stamp(program, text),
        changed_by=[written],
    )
