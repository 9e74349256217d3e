"""What the engine makes of a container is read back. Security 5; spec section 3, step 8."""

from dataclasses import replace
from typing import Any

import pytest

from codeb.adapters.docker import containers
from codeb.adapters.docker.profile import slot_arguments
from codeb.adapters.docker.readback import deviations
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.errors import Unavailable
from codeb.services.errors import StartFailed
from codeb.services.protocols import ContainerSpec, Ticket
from tests.integration import odd_images
from tests.integration.containers import NAME, PROJECT, READY, VOLUME, names, spec
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration

FIRST = Ticket(NAME, "dep_1", None, was_running=False)


def with_a_volume(image: str) -> ContainerSpec:
    return replace(spec(image, port=free_port()), volumes={VOLUME: "/data"})


@pytest.mark.parametrize(
    ("loosened", "said"),
    [
        ({"cap_add": ["NET_ADMIN"]}, "it has added capabilities"),
        ({"pid_mode": "host"}, "its process namespace is not its own"),
        ({"ipc_mode": "host"}, "its IPC namespace is not its own"),
        ({"security_opt": ["seccomp=unconfined"]}, "it may gain new privileges; it runs unconfined"),
        ({"volumes": {"/etc": {"bind": "/data", "mode": "ro"}}}, "/data is a mount of type bind"),
        ({"devices": ["/dev/null:/dev/host-null:r"]}, "it has devices"),
        ({"pids_limit": -1}, "its process limit is"),
        ({"network": None, "network_mode": "host", "ports": {}}, "its network is host"),
        ({"ports": {"3000/tcp": ("0.0.0.0", None)}}, "its ports are 0.0.0.0"),
    ],
)
def test_a_container_that_is_not_as_asked_is_removed_and_the_reason_said(
    runtime: DockerRuntime, v1: str, loosened: dict[str, Any], said: str
) -> None:
    wanted = spec(v1, port=free_port())
    with pytest.raises(StartFailed, match=f"the engine did not make it as asked: .*{said}"):
        containers.run(runtime.images, wanted, {**slot_arguments(wanted), **loosened}, role="slot", published=True)
    assert names(runtime) == []


def test_named_volumes_outlive_their_container_and_go_with_the_project(runtime: DockerRuntime, v1: str) -> None:
    wanted = with_a_volume(v1)
    runtime.start(FIRST, wanted)
    (mount,) = runtime.client.containers.get(NAME).attrs["Mounts"]
    assert (mount["Type"], mount["Name"], mount["Destination"]) == ("volume", VOLUME, "/data")
    with pytest.raises(Unavailable, match="volume is in use"):
        runtime.remove_volumes(PROJECT)
    runtime.remove(NAME)
    assert runtime.client.volumes.get(VOLUME).attrs["Labels"] == {"codeb.project": PROJECT}
    runtime.remove_volumes(f"{PROJECT}-neighbour")
    assert runtime.client.volumes.list(filters={"name": VOLUME})
    runtime.remove_volumes(PROJECT)
    runtime.remove_volumes(PROJECT)
    assert not runtime.client.volumes.list(filters={"name": VOLUME})


def test_a_volume_that_is_a_bind_mount_in_disguise_is_refused(runtime: DockerRuntime, v1: str) -> None:
    disguise = {"type": "none", "o": "bind", "device": "/etc"}
    runtime.client.volumes.create(VOLUME, driver_opts=disguise, labels={"codeb.project": PROJECT})
    with pytest.raises(StartFailed, match=f"volume {VOLUME} is there and is not a plain one of {PROJECT}"):
        runtime.start(FIRST, with_a_volume(v1))
    assert names(runtime) == []


def test_what_an_image_declares_is_its_own_and_gone_with_the_container(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    tag = f"{registry.host}/hello:declares-a-volume"
    odd_images.push(tag, odd_images.DECLARES_A_VOLUME, base=f"{registry.host}/hello:v1")
    runtime.start(FIRST, spec(runtime.pull(tag), port=free_port()))
    (mount,) = runtime.client.containers.get(NAME).attrs["Mounts"]
    assert mount["Destination"] == "/var/lib/hello"
    runtime.remove(NAME)
    assert not runtime.client.volumes.list(filters={"name": mount["Name"]})


def test_an_images_labels_do_not_hide_its_container(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    tag = f"{registry.host}/hello:takes-our-labels"
    odd_images.push(tag, odd_images.TAKES_OUR_LABELS, base=f"{registry.host}/hello:v1")
    runtime.start(FIRST, spec(runtime.pull(tag), port=free_port()))
    assert [held.name for held in runtime.held() if held.project == PROJECT] == [NAME]


def test_a_ready_container_is_still_as_asked(runtime: DockerRuntime, v1: str) -> None:
    """The restart policy comes later, and the record then has the ports that the engine bound."""
    wanted = with_a_volume(v1)
    runtime.start(FIRST, wanted)
    runtime.wait_ready(wanted, READY)
    record = runtime.client.api.inspect_container(NAME)
    assert deviations(record, wanted, role="slot", published=True) == []
    smaller = replace(wanted, memory_bytes=32 * 1024**2)
    assert deviations(record, smaller, role="slot", published=True) == [
        f"its memory limit is {64 * 1024**2} bytes, not {32 * 1024**2}"
    ]
