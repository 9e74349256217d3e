"""Work that has begun goes on, whoever leaves. Design section 6."""

import asyncio
import threading
from functools import partial
from typing import Any

import pytest
from starlette.types import Message

from codeb.api.app import create_app
from codeb.api.dispatch import Dispatch
from codeb.api.lanes import Lanes
from codeb.api.metrics import Metrics
from codeb.domain.access import AuthContext, Role
from codeb.errors import Unavailable
from codeb.services.protocols import Stop, never
from codeb.services.release_steps import DeployRequest
from codeb.tools.tool import Lane
from tests.doors import House
from tests.unit.services.conftest import BLOG, ME


def test_waiting_deploys_hold_up_neither_a_change_nor_a_read() -> None:
    async def scene() -> None:
        lanes, gate = Lanes(), threading.Event()
        waiting = [asyncio.create_task(lanes.run(Lane.DEPLOY, gate.wait)) for _ in range(40)]
        assert await asyncio.wait_for(lanes.run(Lane.READ, lambda: "read"), 5) == "read"
        assert await asyncio.wait_for(lanes.run(Lane.CHANGE, lambda: "changed"), 5) == "changed"
        gate.set()
        await asyncio.gather(*waiting)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("pr_list", {}),
        ("git_sync", {}),
        ("pr_create", {"title": "t", "headBranch": "topic"}),
        ("pr_merge", {"prNumber": 1}),
        ("pr_review", {"prNumber": 1, "action": "approve"}),
        ("domain_setup", {"domain": "www.example.org"}),
    ],
)
def test_a_remote_that_hangs_holds_up_no_release_and_no_look(
    house: House, monkeypatch: pytest.MonkeyPatch, name: str, params: dict[str, Any]
) -> None:
    asked, gate = threading.Semaphore(0), threading.Event()

    def hang(*_: object, **__: object) -> None:
        asked.release()
        gate.wait(10)
        raise Unavailable("the remote", "it hangs")

    for way in ("pulls", "pull", "overview", "open_pull_of"):
        monkeypatch.setattr(house.world.hosting, way, hang)
    monkeypatch.setattr(house.world.dns, "look", hang)
    house.world.repositories.bind("blog", "acme/blog", "me")
    house.world.deploy(DeployRequest(BLOG, "v1"), ME)
    owner = AuthContext("key_1", "team-a", Role.OWNER)

    async def scene() -> None:
        dispatch = Dispatch(house.services, Lanes(), Metrics())
        call = {"projectName": "blog", **params}
        hung = [asyncio.create_task(dispatch(name, call, owner, "api")) for _ in range(40)]
        await asyncio.to_thread(asked.acquire, timeout=5)
        for free in ("slot_status", "project_get", "promote", "deploy"):
            answer = await asyncio.wait_for(dispatch(free, {"projectName": "blog"}, owner, "api"), 5)
            assert answer["projectName"] == "blog"
        assert not any(each.done() for each in hung)
        gate.set()
        await asyncio.gather(*hung, return_exceptions=True)

    asyncio.run(scene())


def test_at_the_end_a_running_switch_finishes_and_new_work_is_refused() -> None:
    async def scene() -> None:
        lanes, gate, begun, done = Lanes(), threading.Event(), threading.Event(), threading.Event()

        def switch() -> None:
            begun.set()
            gate.wait(5)
            done.set()

        running = asyncio.create_task(lanes.run(Lane.CHANGE, switch))
        await asyncio.to_thread(begun.wait, 5)
        ending = asyncio.create_task(lanes.finish())
        await asyncio.sleep(0.05)
        with pytest.raises(Unavailable, match="is stopping"):
            await lanes.run(Lane.READ, lambda: None)
        assert not ending.done()
        gate.set()
        await asyncio.wait_for(ending, 5)
        assert done.is_set()
        await running

    asyncio.run(scene())


def test_the_end_does_not_wait_for_a_deploy() -> None:
    async def scene() -> None:
        lanes, gate, begun = Lanes(), threading.Event(), threading.Event()

        def deploy() -> None:
            begun.set()
            gate.wait(5)

        running = asyncio.create_task(lanes.run(Lane.DEPLOY, deploy))
        await asyncio.to_thread(begun.wait, 5)
        await asyncio.wait_for(lanes.finish(), 1)
        assert not running.done()
        gate.set()
        await running

    asyncio.run(scene())


def test_the_end_waits_for_a_remote_that_answers_and_not_for_one_that_hangs() -> None:
    async def scene() -> None:
        answers, hangs, begun = threading.Event(), threading.Event(), threading.Semaphore(0)

        def work(gate: threading.Event) -> bool:
            begun.release()
            return gate.wait(10)

        patient, short = Lanes(), Lanes(remote_seconds=0)
        slow = asyncio.create_task(patient.run(Lane.REMOTE, partial(work, answers)))
        hung = asyncio.create_task(short.run(Lane.REMOTE, partial(work, hangs)))
        for _ in range(2):
            await asyncio.to_thread(begun.acquire, timeout=5)
        ending = asyncio.create_task(patient.finish())
        await asyncio.wait_for(short.finish(), 5)
        assert not hung.done()
        assert not ending.done()
        answers.set()
        await asyncio.wait_for(ending, 5)
        assert await slow
        hangs.set()
        await hung

    asyncio.run(scene())


def test_a_client_that_goes_away_cancels_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, gate = threading.Event(), threading.Event()
    pull = house.world.runtime.pull

    def slow(image: str, stop: Stop = never) -> str:
        begun.set()
        gate.wait(5)
        return pull(image)

    monkeypatch.setattr(house.world.runtime, "pull", slow)

    async def scene() -> None:
        app = create_app(house.services, house.keys, house.settings, house.watch)
        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": "/api/tool",
            "raw_path": b"/api/tool",
            "query_string": b"",
            "headers": [(b"x-api-key", house.key().encode())],
            "server": ("127.0.0.1", 9101),
            "client": ("127.0.0.1", 5),
        }
        body: Message = {"type": "http.request", "body": b'{"tool":"deploy","params":{"projectName":"blog"}}'}
        messages = iter([body])

        async def receive() -> Message:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            raise OSError("the client is gone")

        request = asyncio.create_task(app(scope, receive, send))
        await asyncio.to_thread(begun.wait, 5)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        gate.set()
        for _ in range(500):
            if house.world.runtime.running:
                return
            await asyncio.sleep(0.01)
        pytest.fail("the deploy ended with its client")

    asyncio.run(scene())
    (deployment,) = house.world.history.deployments("blog", None, 10)
    assert not deployment.open or house.world.runtime.running
