"""The TCP ports that a role's programs listen on, and who else sits on them."""

from collections.abc import Iterator, Sequence

from codeb.domain.host_facts import Finding, HostFacts, Level, Listener
from codeb.domain.infra import Role, S3Engine
from codeb.domain.ports import PLATFORM_PORTS, RANGES

_CADDY = {80: "caddy", 443: "caddy", 9180: "caddy"}
_EVERY_HOST = {9100: "prometheus-node-exporter", 9998: "prometheus-exporter-exporter"}
_EVERY_HOST[9999] = _EVERY_HOST[9998]
OURS: dict[Role, dict[int, str]] = {
    Role.APP: {**_CADDY, 9101: "codeb", 9102: "codeb", 9118: "container-metrics", 9323: "dockerd"},
    Role.STREAMING: {**_CADDY, 8000: "centrifugo", 8001: "centrifugo"},
    Role.STORAGE: {
        **{5000: "registry", 5001: "registry", 5432: "postgres", 6379: "redis-server"},
        **{9121: "prometheus-redis-exporter", 9187: "prometheus-postgres-exporter"},
    },
    Role.BACKUP: {
        **_CADDY,
        **{3000: "grafana", 9090: "prometheus", 9443: "python3"},
        **{9093: "prometheus-alertmanager", 9115: "prometheus-blackbox-exporter"},
    },
}
OBJECT_STORAGE: dict[S3Engine, dict[int, str]] = {
    "versitygw": {9000: "versitygw"},
    "silo": {9000: "silo", 9001: "silo"},
    "minio": {9000: "minio", 9001: "minio"},
    "rustfs": {9000: "rustfs", 9001: "rustfs"},
    "external": {},
}
_KERNEL_NAME = 15
_ENGINE = "docker-proxy"


def wanted(roles: Sequence[Role], engine: S3Engine = "versitygw") -> dict[int, str]:
    """Which program of ours listens on which port of a host with these roles."""
    ours = _EVERY_HOST | {port: program for role in roles for port, program in OURS[role].items()}
    return ours | OBJECT_STORAGE[engine] if Role.STORAGE in roles else ours


def judge_ports(
    host: str, roles: Sequence[Role], facts: HostFacts, engine: S3Engine = "versitygw"
) -> Iterator[Finding]:
    if facts.listeners is None:
        message = "which ports are in use could not be seen: install the package iproute2, which has ss"
        yield Finding(host, "ports", Level.WARNING, message)
        return
    ours = wanted(roles, engine)
    taken = dict.fromkeys(_taken(ours, facts.listeners))
    for port, program, pid in taken:
        yield Finding(host, "ports", Level.PROBLEM, _sentence(port, program, pid, ours[port]))
    if not taken:
        yield Finding(host, "ports", Level.OK, "the ports of its roles are free, or ours already")
    yield from _container_ports(host, roles, facts.listeners)


def _taken(ours: dict[int, str], listeners: Sequence[Listener]) -> Iterator[tuple[int, str, str]]:
    for listener in listeners:
        if listener.port in ours and not ours[listener.port].startswith(listener.program[:_KERNEL_NAME] or " "):
            yield listener.port, listener.program, listener.pid


def _sentence(port: int, program: str, pid: str, needed_by: str) -> str:
    if program == _ENGINE:
        return (
            f"port {port}, which {needed_by} needs, is published by a container:"
            f" `docker ps --filter publish={port}` shows it; stop it or publish another port"
        )
    who = f"{program} (process {pid})" if program else "a program that could not be seen"
    return (
        f"port {port}, which {needed_by} needs, is in use by {who}: stop and disable it"
        f" (`systemctl status {pid}` names its unit), or give the role to another host"
    )


def _container_ports(host: str, roles: Sequence[Role], listeners: Sequence[Listener]) -> Iterator[Finding]:
    if Role.APP not in roles:
        return
    for listener in listeners:
        in_range = any(listener.port in ports for ports in RANGES.values())
        if in_range and listener.port not in PLATFORM_PORTS and listener.program != _ENGINE:
            message = (
                f"port {listener.port} is in use by {listener.program or 'a program'}, in the range that projects get"
                f" their ports from (4100-5499): a project that gets it could not start; move the program"
            )
            yield Finding(host, "ports", Level.WARNING, message)
