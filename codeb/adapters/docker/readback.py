"""What the engine says of a container, compared with what was asked: a pure function on its record. Security 5."""

from collections.abc import Iterator, Mapping
from typing import Any

from codeb.adapters.docker.profile import PIDS, ROLE
from codeb.services.protocols import ContainerSpec

_LOOPBACK = "127.0.0.1"
_EMPTY: tuple[object, ...] = (None, "", [], {}, 0)
_NOTHING_OF = {
    "Binds": "bind mounts",
    "VolumesFrom": "volumes of another container",
    "Devices": "devices",
    "DeviceRequests": "devices",
    "DeviceCgroupRules": "device rules",
    "CapAdd": "added capabilities",
    "GroupAdd": "added groups",
    "Privileged": "privileges",
    "PublishAllPorts": "all ports published",
    "OomKillDisable": "protection from the memory limit",
    "CgroupParent": "a control group of its own",
    "Links": "links",
    "Sysctls": "kernel settings",
}
_NAMESPACES = {"PidMode": "process", "IpcMode": "IPC", "UTSMode": "host name", "UsernsMode": "user"}
_PRIVATE = ("", "private", "shareable", "none", None)


def deviations(record: Mapping[str, Any], spec: ContainerSpec, *, role: str, published: bool) -> list[str]:
    """A phrase for each thing that is not as asked; empty is well. ``record`` is the answer of an inspect."""
    host: Mapping[str, Any] = record["HostConfig"]
    return [
        *_forbidden(host),
        *_missing(host, spec),
        *_mounts(record, spec),
        *_network(record, spec),
        *_ports(record, spec, published=published),
        *_labels(record, {**spec.labels, ROLE: role}),
    ]


def _forbidden(host: Mapping[str, Any]) -> Iterator[str]:
    for key, meaning in _NOTHING_OF.items():
        if (found := host.get(key)) not in _EMPTY:
            yield f"it has {meaning} ({found})"
    for key, meaning in _NAMESPACES.items():
        if (mode := host.get(key)) not in _PRIVATE:
            yield f"its {meaning} namespace is not its own ({mode})"


def _missing(host: Mapping[str, Any], spec: ContainerSpec) -> Iterator[str]:
    options = {str(option).replace("=", ":") for option in host.get("SecurityOpt") or ()}
    if host.get("CapDrop") != ["ALL"]:
        yield f"its capabilities are not all dropped ({host.get('CapDrop')})"
    if not options & {"no-new-privileges", "no-new-privileges:true"}:
        yield "it may gain new privileges"
    if unsafe := sorted(option for option in options if option.endswith((":unconfined", ":disable"))):
        yield f"it runs unconfined ({', '.join(unsafe)})"
    if host.get("PidsLimit") != PIDS:
        yield f"its process limit is {host.get('PidsLimit')}, not {PIDS}"
    if host.get("Memory") != spec.memory_bytes:
        yield f"its memory limit is {host.get('Memory')} bytes, not {spec.memory_bytes}"
    if spec.read_only and not host.get("ReadonlyRootfs"):
        yield "its file system is not read-only"
    if not host.get("MaskedPaths") or not host.get("ReadonlyPaths"):
        yield "the host's kernel files are not masked in it"


def _mounts(record: Mapping[str, Any], spec: ContainerSpec) -> Iterator[str]:
    """Named volumes exactly as asked, and what the image itself declares, which the engine gives volumes of no name."""
    declared = set(record["Config"].get("Volumes") or ())
    wanted = dict(spec.volumes)
    for mount in [*(record.get("Mounts") or ()), *(record["HostConfig"].get("Mounts") or ())]:
        name, path = mount.get("Name") or mount.get("Source"), mount.get("Destination") or mount.get("Target")
        if mount["Type"] != "volume":
            yield f"{path} is a mount of type {mount['Type']}"
        elif mount.get("Driver", "local") != "local" or (mount.get("VolumeOptions") or {}).get("DriverConfig"):
            yield f"{path} is a volume of another driver"
        elif wanted.get(name) != path and (name in wanted or path not in declared):
            yield f"volume {name} on {path} was not asked for"
    mounted = {mount.get("Name"): mount.get("Destination") for mount in record.get("Mounts") or ()}
    for name, path in wanted.items():
        if mounted.get(name) != path:
            yield f"volume {name} is not mounted on {path}"


def _network(record: Mapping[str, Any], spec: ContainerSpec) -> Iterator[str]:
    networks = sorted(record["NetworkSettings"].get("Networks") or ())
    if (mode := record["HostConfig"].get("NetworkMode")) != spec.network or networks != [spec.network]:
        yield f"its network is {', '.join(dict.fromkeys([str(mode), *networks]))}, not {spec.network} alone"


def _ports(record: Mapping[str, Any], spec: ContainerSpec, *, published: bool) -> Iterator[str]:
    """What was asked of the engine, and what it bound, which it says only while the container runs."""
    port = f"{spec.container_port}/tcp"
    wanted = {(port, _LOOPBACK, str(spec.port))} if published else set()
    asked = _bindings(record["HostConfig"].get("PortBindings"))
    bound = _bindings(record["NetworkSettings"].get("Ports"))
    running = bool(record["State"].get("Running"))
    if asked != wanted or not bound <= wanted or (running and bound != wanted):
        yield f"its ports are {_listed(asked | bound)}, not {_listed(wanted)}"


def _bindings(ports: Mapping[str, Any] | None) -> set[tuple[str, str, str]]:
    return {
        (port, binding["HostIp"], binding["HostPort"])
        for port, bindings in (ports or {}).items()
        for binding in bindings or ()
    }


def _listed(bindings: set[tuple[str, str, str]]) -> str:
    return ", ".join(f"{address}:{outer} to {inner}" for inner, address, outer in sorted(bindings)) or "none"


def _labels(record: Mapping[str, Any], wanted: Mapping[str, str]) -> Iterator[str]:
    found: Mapping[str, str] = record["Config"].get("Labels") or {}
    for key, value in wanted.items():
        if found.get(key) != value:
            yield f"its label {key} is {found.get(key)}, not {value}"
