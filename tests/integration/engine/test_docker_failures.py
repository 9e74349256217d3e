"""Every way in which a container fails to become ready says what it is and what to try. Spec section 3, step 9."""

from dataclasses import replace

import pytest

from codeb.adapters.docker.runtime import DockerRuntime
from codeb.services.errors import Cancelled, StartFailed, Unhealthy
from codeb.services.protocols import ContainerSpec, ProbeTarget, Ticket
from tests.integration import odd_images
from tests.integration.containers import NAME, spec
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration

SOON = ProbeTarget("/health", 200, 2)
NEVER_HELD = Ticket(NAME, "dep_1", None, was_running=False)


def failure(runtime: DockerRuntime, wanted: ContainerSpec, target: ProbeTarget = SOON) -> Unhealthy:
    runtime.start(NEVER_HELD, wanted)
    with pytest.raises(Unhealthy) as raised:
        runtime.wait_ready(wanted, target)
    return raised.value


def test_listening_on_the_containers_loopback_only_is_said_in_as_many_words(runtime: DockerRuntime, v1: str) -> None:
    error = failure(runtime, spec(v1, port=free_port(), HELLO_BIND="127.0.0.1"))
    assert "it listens on 127.0.0.1:3000 inside the container, where nobody outside reaches it" in str(error)
    assert str(error).endswith("listen on 0.0.0.0")


def test_listening_on_another_port_names_it(runtime: DockerRuntime, v1: str) -> None:
    error = failure(runtime, spec(v1, port=free_port(), PORT="8080"))
    assert "listens on [::]:8080 instead; have it listen on 0.0.0.0:3000, or change the project's port" in str(error)


def test_listening_nowhere_is_said(runtime: DockerRuntime, v1: str) -> None:
    error = failure(runtime, spec(v1, port=free_port(), HELLO_DELAY="1h"))
    assert "nothing answered on port 3000 within 2 s: it listens on no port at all" in str(error)


def test_a_slow_start_that_came_close_is_told_from_a_wrong_one(runtime: DockerRuntime, v1: str) -> None:
    slow = spec(v1, port=free_port(), HELLO_DELAY="2500ms", HELLO_SICK="yes")
    error = failure(runtime, slow, ProbeTarget("/health", 200, 4))
    assert "answered 503, expected 200 within 4 s; it began to listen after " in str(error)
    assert " s of 4: raise the timeout" in str(error)


def test_more_memory_than_allowed_is_said_with_the_limit(runtime: DockerRuntime, v1: str) -> None:
    error = failure(runtime, spec(v1, port=free_port(), HELLO_EAT="200"), ProbeTarget("/health", 200, 20))
    assert "it wanted more than " in str(error)
    assert "64 MB" in str(error)
    assert "raise `memory`" in str(error)
    assert error.exit_code == 137


def test_the_engines_health_check_is_awaited_and_speaks_for_itself(runtime: DockerRuntime, v1: str) -> None:
    sick = replace(spec(v1, port=free_port(), HELLO_SICK="yes"), health_command=("/hello", "check"))
    error = failure(runtime, sick, ProbeTarget("/health", 503, 5))
    assert "its own health check says " in str(error)
    assert "(answered 503 Service Unavailable)" in str(error)


def test_a_health_check_whose_first_turn_is_too_late_is_said(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    tag = f"{registry.host}/hello:checked-rarely"
    odd_images.push(tag, odd_images.CHECKED_RARELY, base=f"{registry.host}/hello:v1")
    error = failure(runtime, spec(runtime.pull(tag), port=free_port()))
    assert "its own health check says starting (it is made for the first time after 30 s) within 2 s" in str(error)


def test_a_health_check_of_the_project_that_passes_makes_it_ready(runtime: DockerRuntime, v1: str) -> None:
    well = replace(spec(v1, port=free_port()), health_command=("/hello", "check"))
    runtime.start(NEVER_HELD, well)
    runtime.wait_ready(well, ProbeTarget("/health", 200, 20))
    assert runtime.observe(NAME).health == "healthy"


def test_a_program_for_another_processor_is_said(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    tag = f"{registry.host}/hello:lies-about-its-processor"
    odd_images.push(tag, odd_images.OTHER_PROCESSOR, platform="linux/amd64")
    error = failure(runtime, spec(runtime.pull(tag), port=free_port()))
    assert "its program is built for another processor than this host's; build the image for linux/amd64" in str(error)


def test_a_command_that_is_not_in_the_image_is_said(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    tag = f"{registry.host}/hello:no-program"
    odd_images.push(tag, odd_images.ABSENT_PROGRAM, base=f"{registry.host}/hello:v1")
    with pytest.raises(StartFailed, match="its command is not in the image; check the project's command"):
        runtime.start(NEVER_HELD, spec(runtime.pull(tag), port=free_port()))


def test_a_port_that_another_program_has_is_said(runtime: DockerRuntime, registry: RegistryProcess, v1: str) -> None:
    with pytest.raises(StartFailed, match=f"port {registry.port} is taken by another program of the host"):
        runtime.start(NEVER_HELD, spec(v1, port=registry.port))


def test_a_wait_that_is_cancelled_ends_between_two_probes(runtime: DockerRuntime, v1: str) -> None:
    wanted = spec(v1, port=free_port(), HELLO_DELAY="1h")
    runtime.start(NEVER_HELD, wanted)
    asked = iter(range(3))

    def stop() -> None:
        if next(asked) == 2:
            raise Cancelled("somebody asked for its end")

    with pytest.raises(Cancelled):
        runtime.wait_ready(wanted, ProbeTarget("/health", 200, 60), stop)


def test_a_container_of_another_deployment_is_never_ready(runtime: DockerRuntime, v1: str) -> None:
    runtime.start(NEVER_HELD, spec(v1, port=(port := free_port()), deployment="dep_2"))
    with pytest.raises(Unhealthy, match="another deployment has its name by now"):
        runtime.wait_ready(spec(v1, port=port), SOON)


def test_a_container_that_is_not_there_is_said(runtime: DockerRuntime, v1: str) -> None:
    with pytest.raises(Unhealthy, match="it is not there; deploy again"):
        runtime.wait_ready(spec(v1, port=free_port()), SOON)
