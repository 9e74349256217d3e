"""Work that has begun goes on, whoever leaves. Design section 6."""

import asyncio
import threading
from typing import Any

import pytest
from starlette.types import Message

from codeb.api.app import create_app
from codeb.api.lanes import Lanes
from codeb.errors import Unavailable
from codeb.services.protocols import Stop, never
from codeb.tools.tool import Lane
from tests.doors import House


def test_waiting_deploys_hold_up_neither_a_change_nor_a_read() -> None:
    async def scene() -> None:
        lanes, gate = Lanes(), threading.Event()
        waiting = [asyncio.create_task(lanes.run(Lane.DEPLOY, gate.wait)) for _ in range(40)]
        assert await asyncio.wait_for(lanes.run(Lane.READ, lambda: "read"), 5) == "read"
        assert await asyncio.wait_for(lanes.run(Lane.CHANGE, lambda: "changed"), 5) == "changed"
        gate.set()
        await asyncio.gather(*waiting)

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
