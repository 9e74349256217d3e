"""What was there before is set aside and comes back, whenever a deploy dies. Spec section 3, step 6."""

import socket
import threading
from contextlib import closing

import pytest
from docker.errors import DockerException
from requests.exceptions import RequestException

from codeb.adapters.docker.containers import NOT_KEPT, discard
from codeb.adapters.docker.engine import connect
from codeb.adapters.docker.runtime import DockerRuntime
from codeb.errors import CodebError, Unavailable
from codeb.services.errors import StartFailed
from codeb.services.protocols import Held, Ticket
from tests.integration.containers import NAME, PROJECT, READY, names, spec
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration


def run(runtime: DockerRuntime, image: str, deployment: str = "dep_1") -> Ticket:
    """A healthy container of ``deployment`` in the slot; what was there stays set aside."""
    wanted = spec(image, port=free_port(), deployment=deployment)
    ticket = runtime.clear(NAME, deployment)
    runtime.start(ticket, wanted)
    runtime.wait_ready(wanted, READY)
    return ticket


def policy(runtime: DockerRuntime, name: str) -> str:
    return str(runtime.client.containers.get(name).attrs["HostConfig"]["RestartPolicy"]["Name"])


def port_of(runtime: DockerRuntime, name: str) -> int:
    bindings = runtime.client.containers.get(name).attrs["HostConfig"]["PortBindings"]
    return int(bindings["3000/tcp"][0]["HostPort"])


def assert_back(runtime: DockerRuntime) -> None:
    observed = runtime.observe(NAME)
    assert (observed.running, observed.deployment_id, names(runtime)) == (True, "dep_1", [NAME])
    assert policy(runtime, NAME) == "unless-stopped"


def test_what_is_set_aside_is_stopped_and_does_not_come_back_with_the_engine(runtime: DockerRuntime, v1: str) -> None:
    run(runtime, v1)
    ticket = runtime.clear(NAME, "dep_2")
    assert ticket.set_aside is not None
    assert ticket.was_running
    assert not runtime.observe(ticket.set_aside).running
    assert policy(runtime, ticket.set_aside) == "no"


def test_a_clear_is_done_again_with_the_same_outcome(runtime: DockerRuntime, v1: str) -> None:
    run(runtime, v1)
    first = runtime.clear(NAME, "dep_2")
    assert runtime.clear(NAME, "dep_2") == first == runtime.left_behind(NAME, "dep_2")
    runtime.undo(first)
    runtime.undo(first)
    assert_back(runtime)


def test_a_clear_that_died_after_the_rename_is_finished(runtime: DockerRuntime, v1: str) -> None:
    run(runtime, v1)
    runtime.client.containers.get(NAME).rename(f"{NAME}.aside-dep_2")
    ticket = runtime.clear(NAME, "dep_2")
    assert not runtime.observe(f"{NAME}.aside-dep_2").running
    runtime.undo(ticket)
    assert_back(runtime)


def test_a_clear_that_died_between_stop_and_rename_gives_back_what_ran(runtime: DockerRuntime, v1: str) -> None:
    run(runtime, v1)
    container = runtime.client.containers.get(NAME)
    container.update(restart_policy=NOT_KEPT)
    container.stop()
    runtime.undo(runtime.clear(NAME, "dep_2"))
    assert_back(runtime)


def test_a_deploy_that_died_with_its_container_begins_again_or_is_undone(runtime: DockerRuntime, v1: str) -> None:
    run(runtime, v1)
    run(runtime, v1, "dep_2")
    again = runtime.clear(NAME, "dep_2")
    assert names(runtime) == [again.set_aside]
    runtime.start(again, spec(v1, port=free_port(), deployment="dep_2"))
    runtime.undo(runtime.left_behind(NAME, "dep_2"))
    assert_back(runtime)


def test_an_undo_that_died_half_way_is_finished(runtime: DockerRuntime, v1: str) -> None:
    run(runtime, v1)
    ticket = runtime.clear(NAME, "dep_2")
    assert ticket.set_aside is not None
    runtime.client.containers.get(ticket.set_aside).start()
    runtime.undo(runtime.left_behind(NAME, "dep_2"))
    assert_back(runtime)


def test_what_cannot_start_again_has_its_name_back_all_the_same(
    runtime: DockerRuntime, v1: str, registry: RegistryProcess
) -> None:
    run(runtime, v1)
    ticket = runtime.clear(NAME, "dep_2")
    with socket.create_server(("127.0.0.1", port_of(runtime, str(ticket.set_aside)))):
        with pytest.raises(Unavailable, match=r"it refused: .*address already in use"):
            runtime.undo(ticket)
        assert names(runtime) == [NAME]
    runtime.revive(NAME)
    assert_back(runtime)


def test_what_did_not_run_does_not_run_when_it_is_back(runtime: DockerRuntime, v1: str) -> None:
    run(runtime, v1)
    runtime.client.containers.get(NAME).stop()
    ticket = runtime.clear(NAME, "dep_2")
    assert not ticket.was_running
    assert runtime.left_behind(NAME, "dep_2") == ticket
    runtime.undo(ticket)
    observed = runtime.observe(NAME)
    assert (observed.running, observed.deployment_id) == (False, "dep_1")


def test_a_commit_leaves_the_new_one_alone_and_is_done_again_without_harm(runtime: DockerRuntime, v1: str) -> None:
    run(runtime, v1)
    ticket = run(runtime, v1, "dep_2")
    runtime.commit(ticket)
    runtime.commit(ticket)
    assert (names(runtime), runtime.observe(NAME).deployment_id) == ([NAME], "dep_2")


def test_everything_of_ours_is_held_with_whose_it_is(runtime: DockerRuntime, v1: str) -> None:
    run(runtime, v1)
    run(runtime, v1, "dep_2")
    held = sorted((each for each in runtime.held() if each.project == PROJECT), key=lambda each: each.name)
    assert held == [
        Held(NAME, PROJECT, "production", "dep_2", running=True, set_aside=False),
        Held(f"{NAME}.aside-dep_2", PROJECT, "production", "dep_1", running=False, set_aside=True),
    ]


def test_a_stopped_or_paused_container_is_revived_and_one_that_runs_is_left(runtime: DockerRuntime, v1: str) -> None:
    run(runtime, v1)
    container = runtime.client.containers.get(NAME)
    container.stop()
    runtime.revive(NAME)
    assert_back(runtime)
    container.pause()
    runtime.revive(NAME)
    assert_back(runtime)
    container.reload()
    before = container.attrs["State"]["StartedAt"]
    runtime.revive(NAME)
    container.reload()
    assert (container.status, container.attrs["State"]["StartedAt"]) == ("running", before)


def test_reviving_what_is_not_there_is_said(runtime: DockerRuntime) -> None:
    with pytest.raises(StartFailed, match="is not there any more; deploy it again"):
        runtime.revive(NAME)


def test_two_that_remove_the_same_container_at_once_both_succeed(runtime: DockerRuntime, v1: str) -> None:
    failures: list[Exception] = []

    def remove() -> None:
        try:
            with closing(connect()) as client:
                discard(client, NAME)
        except (DockerException, RequestException, CodebError) as error:
            failures.append(error)

    for deployment in ("dep_1", "dep_2", "dep_3"):
        run(runtime, v1, deployment)
        hands = [threading.Thread(target=remove) for _ in range(4)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        assert (failures, names(runtime)) == ([], [])
