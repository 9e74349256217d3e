"""The container runtime against a real engine and a real registry. Spec section 3, steps 5 to 9."""

import gc
import http.client
from contextlib import suppress

import pytest

from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.events import EngineEvents
from codeb.adapters.docker.images import Images
from codeb.adapters.docker.readiness import Readiness
from codeb.adapters.docker.registry_login import RegistryLogin
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.adapters.probe import HttpProbe
from codeb.errors import Unavailable
from codeb.services.errors import ImageUnavailable, Unhealthy
from codeb.services.protocols import ProbeTarget
from codeb.settings import Secret
from tests.integration.containers import NAME, NETWORK, READY, names, spec
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port, until

pytestmark = pytest.mark.integration


def deploy(runtime: DockerRuntime, image: str, *, port: int, deployment: str = "dep_1", **env: str) -> None:
    wanted = spec(runtime.pull(image), port=port, deployment=deployment, **env)
    ticket = runtime.clear(NAME, deployment)
    try:
        runtime.start(ticket, wanted)
        runtime.wait_ready(wanted, READY)
    except Exception:
        runtime.undo(ticket)
        raise
    runtime.commit(ticket)


def page(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Connection": "close"})
        with connection.getresponse() as answer:
            return answer.read().decode()
    finally:
        connection.close()


def answers(port: int, text: str) -> bool:
    """Whether the page says so by now: the engine's port is open a moment before the application listens."""
    with suppress(OSError, http.client.HTTPException):
        return page(port) == text
    return False


def test_a_pull_answers_with_the_digest(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    digest = runtime.pull(f"{registry.host}/hello:v1")
    assert digest.startswith(f"{registry.host}/hello@sha256:")
    assert runtime.pull(digest) == digest


def test_an_image_that_is_not_there_is_said(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    with pytest.raises(ImageUnavailable, match="hello:v99 is not in the registry: push it first"):
        runtime.pull(f"{registry.host}/hello:v99")


def test_a_container_without_shell_or_curl_gets_ready_hardened_and_on_loopback_only(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    port = free_port()
    deploy(runtime, f"{registry.host}/hello:v1", port=port)
    assert page(port) == "hello v1\n"
    host = runtime.client.api.inspect_container(NAME)["HostConfig"]
    assert host["PortBindings"] == {"3000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}
    assert (host["CapDrop"], host["SecurityOpt"]) == (["ALL"], ["no-new-privileges:true"])
    assert (host["PidsLimit"], host["Memory"], host["ReadonlyRootfs"]) == (256, 64 * 1024**2, True)
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"]["Type"] == "local"
    observed = runtime.observe(NAME)
    assert (observed.running, observed.deployment_id) == (True, "dep_1")


def test_a_container_that_ends_is_known_at_once_with_its_last_words_and_no_secret(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    port = free_port()
    deploy(runtime, f"{registry.host}/hello:v1", port=port)
    with pytest.raises(Unhealthy, match="exit code 3") as failure:
        deploy(runtime, f"{registry.host}/hello:crash", port=port, deployment="dep_2", HELLO_CRASH="pw-hunter2")
    assert failure.value.exit_code == 3
    assert "no database at ***, giving up" in failure.value.logs
    assert "hunter2" not in failure.value.logs
    until(lambda: answers(port, "hello v1\n"), "what was there is back, running")
    assert runtime.observe(NAME).deployment_id == "dep_1"


def test_a_container_that_stays_sick_fails_when_its_time_is_over(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    image = runtime.pull(f"{registry.host}/hello:sick")
    wanted = spec(image, port=free_port())
    runtime.start(runtime.clear(NAME, "dep_1"), wanted)
    with pytest.raises(Unhealthy, match="answered 503, expected 200 within 1 s") as failure:
        runtime.wait_ready(wanted, ProbeTarget("/health", 200, 1))
    assert "hello sick listens" in failure.value.logs


def test_a_new_container_takes_the_name_and_the_port_of_the_old(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    port = free_port()
    deploy(runtime, f"{registry.host}/hello:v1", port=port)
    deploy(runtime, f"{registry.host}/hello:v2", port=port, deployment="dep_2")
    assert page(port) == "hello v2\n"
    assert names(runtime) == [NAME]


def test_what_was_set_aside_by_a_deploy_that_died_can_be_given_back(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    port = free_port()
    deploy(runtime, f"{registry.host}/hello:v1", port=port)
    runtime.clear(NAME, "dep_2")
    with pytest.raises(OSError, match="refused"):
        page(port)
    runtime.undo(runtime.left_behind(NAME, "dep_2"))
    with suppress(OSError):
        runtime.wait_ready(spec("", port=port), READY)
    assert page(port) == "hello v1\n"


def test_removing_frees_the_port_and_is_done_twice_without_harm(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    port = free_port()
    deploy(runtime, f"{registry.host}/hello:v1", port=port)
    runtime.remove(NAME)
    runtime.remove(NAME)
    runtime.remove_network(NETWORK)
    runtime.remove_network(NETWORK)
    assert not runtime.observe(NAME).running


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_engine_that_is_away_is_said() -> None:
    """The SDK forgets to close a socket that could not connect; it is collected here, where that is known."""
    client = connect("unix:///run/no-such-engine.sock")
    runtime = DockerRuntime(
        client, Images(client, RegistryLogin("", "", Secret(""))), Readiness(HttpProbe(), EngineEvents())
    )
    with pytest.raises(Unavailable, match="Docker Engine is not available"):
        runtime.observe(NAME)
    client.close()
    gc.collect()
