"""Containers that run once: a migration, say. Design section 5."""

import pytest

from codeb.adapters.docker import containers
from codeb.adapters.docker.profile import once_arguments
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.services.errors import Cancelled, StartFailed, Unhealthy
from codeb.services.protocols import ContainerSpec
from tests.integration import odd_images
from tests.integration.containers import NAME, PROJECT, names, spec
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration

ONCE = f"{NAME}-migrate"


def once(image: str, **env: str) -> ContainerSpec:
    return spec(image, port=free_port(), name=ONCE, **env)


@pytest.mark.parametrize("code", [0, 7])
def test_it_runs_to_its_end_and_is_gone(runtime: DockerRuntime, v1: str, code: int) -> None:
    ran = runtime.run_once(once(v1, HELLO_EXIT=str(code)), 30)
    assert (ran.exit_code, names(runtime)) == (code, [])
    assert f"hello v1: done, exit code {code}" in ran.logs


def test_its_last_lines_hold_no_secret(runtime: DockerRuntime, v1: str) -> None:
    ran = runtime.run_once(once(v1, HELLO_CRASH="pw-hunter2"), 30)
    assert ran.exit_code == 3
    assert "no database at ***, giving up" in ran.logs


def test_one_that_does_not_end_is_killed_and_said(runtime: DockerRuntime, v1: str) -> None:
    with pytest.raises(Unhealthy, match="it did not end within 1 s and was killed") as error:
        runtime.run_once(once(v1), 1)
    assert "hello v1 listens" in error.value.logs
    assert names(runtime) == []


def test_one_that_is_cancelled_is_gone(runtime: DockerRuntime, v1: str) -> None:
    def stop() -> None:
        raise Cancelled("somebody asked for its end")

    with pytest.raises(Cancelled):
        runtime.run_once(once(v1), 30, stop)
    assert names(runtime) == []


def test_one_whose_command_is_not_there_is_said_and_gone(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    tag = f"{registry.host}/hello:no-program"
    odd_images.push(tag, odd_images.ABSENT_PROGRAM, base=f"{registry.host}/hello:v1")
    with pytest.raises(StartFailed, match="is not in the image"):
        runtime.run_once(once(runtime.pull(tag)), 30)
    assert names(runtime) == []


def test_what_a_crashed_process_left_is_replaced_and_is_no_container_of_a_slot(runtime: DockerRuntime, v1: str) -> None:
    left = once(v1)
    containers.run(runtime.images, left, once_arguments(left), role="once", published=False)
    assert [held for held in runtime.held() if held.project == PROJECT] == []
    assert runtime.run_once(once(v1, HELLO_EXIT="0"), 30).exit_code == 0


def test_one_that_somebody_removes_meanwhile_is_said(runtime: DockerRuntime, v1: str) -> None:
    def stop() -> None:
        if ONCE in names(runtime):
            runtime.client.containers.get(ONCE).remove(force=True)

    with pytest.raises(Unhealthy, match="somebody removed it while it ran"):
        runtime.run_once(once(v1), 30, stop)
