"""A specification, and what Docker Engine 20.10 says of a container that was made from it."""

import copy
from typing import Any

from codeb.services.protocols import ContainerSpec

SPEC = ContainerSpec(
    name="blog-production-blue",
    network="codeb-blog-production",
    image="registry.test/blog@sha256:1",
    port=4100,
    container_port=3000,
    env={},
    labels={"codeb.project": "blog", "codeb.deployment": "dep_1"},
    memory_bytes=64 * 1024**2,
    cpus=0.5,
    command=(),
    read_only=True,
    volumes={"blog-production-uploads": "/data"},
    health_command=(),
)

_BINDINGS = {"3000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "4100"}]}
_RECORD: dict[str, Any] = {
    "State": {"Status": "running", "Running": True},
    "Config": {
        "Labels": {"codeb.project": "blog", "codeb.deployment": "dep_1", "codeb.role": "slot", "maintainer": "x"},
        "Volumes": None,
    },
    "HostConfig": {
        "Binds": None,
        "NetworkMode": "codeb-blog-production",
        "PortBindings": _BINDINGS,
        "RestartPolicy": {"Name": "", "MaximumRetryCount": 0},
        "VolumesFrom": None,
        "CapAdd": None,
        "CapDrop": ["ALL"],
        "CgroupnsMode": "host",
        "GroupAdd": None,
        "IpcMode": "private",
        "Links": None,
        "PidMode": "",
        "Privileged": False,
        "PublishAllPorts": False,
        "ReadonlyRootfs": True,
        "SecurityOpt": ["no-new-privileges:true"],
        "UTSMode": "",
        "UsernsMode": "",
        "Memory": 67108864,
        "CgroupParent": "",
        "Devices": [],
        "DeviceCgroupRules": None,
        "DeviceRequests": None,
        "OomKillDisable": False,
        "PidsLimit": 256,
        "Mounts": [{"Type": "volume", "Source": "blog-production-uploads", "Target": "/data"}],
        "MaskedPaths": ["/proc/kcore"],
        "ReadonlyPaths": ["/proc/sys"],
    },
    "Mounts": [
        {
            "Type": "volume",
            "Name": "blog-production-uploads",
            "Source": "/var/lib/docker/volumes/blog-production-uploads/_data",
            "Destination": "/data",
            "Driver": "local",
            "RW": True,
        }
    ],
    "NetworkSettings": {"Ports": _BINDINGS, "Networks": {"codeb-blog-production": {"IPAddress": "172.18.0.2"}}},
}


def record() -> dict[str, Any]:
    """A copy of it, as asked in everything."""
    return copy.deepcopy(_RECORD)
