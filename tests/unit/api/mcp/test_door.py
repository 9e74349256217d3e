"""The door of a request at ``/mcp``: what has begun goes on, and what waits for a person can be ended."""

import asyncio
import subprocess
import sys
import threading

import anyio
import pytest

from codeb.adapters.clock import SystemClock
from codeb.api.auth import Authenticator
from codeb.api.doors import Doors
from codeb.api.gate import Gate
from codeb.api.limits import Guesses
from codeb.api.mcp.door import DispatchDoor, Overheard
from codeb.api.mcp.host import McpHost
from codeb.api.metrics import Metrics
from codeb.api.parts import Parts
from codeb.api.trail import Origin
from codeb.domain.access import AuthContext, Role
from codeb.services.protocols.trail import StreamEvent
from tests.doors import House

OWNER = AuthContext("key_1", "team-a", Role.OWNER)


def parts(house: House) -> Parts:
    metrics = Metrics()
    gate = Gate(Authenticator(house.keys, SystemClock(), Guesses()), metrics)
    return Parts(house.services, house.keys, gate, Doors.of(house.settings), house.watch, metrics, house.hub)


def test_what_has_begun_goes_on_when_its_client_goes_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the audit tells how it ended, not that somebody went away."""
    begun, go_on = threading.Event(), threading.Event()
    get = type(house.services.projects).get

    def slow(self: object, name: str) -> object:
        begun.set()
        assert go_on.wait(10)
        return get(self, name)  # type: ignore[arg-type]

    monkeypatch.setattr(type(house.services.projects), "get", slow)

    async def story() -> None:
        host = McpHost(parts(house))
        door = DispatchDoor(parts(house), OWNER, Origin(), host.until_stop)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(door.call, "deploy", {"projectName": "blog"})
                await asyncio.to_thread(begun.wait)
                scope.cancel()
        go_on.set()
        with anyio.fail_after(10):
            while not house.trail.entries:
                await asyncio.sleep(0.01)

    asyncio.run(story())
    assert [(each.tool, each.success, each.code) for each in house.trail.entries] == [("deploy", True, None)]


@pytest.mark.parametrize("ended_by", ["the hub", "finish"])
def test_the_end_of_the_server_ends_what_waits(house: House, ended_by: str) -> None:
    async def story() -> bool:
        host = McpHost(parts(house))
        await host.begin()
        with anyio.fail_after(10), anyio.CancelScope() as scope, host.until_stop(scope):
            ending = asyncio.create_task(host.finish() if ended_by == "finish" else asyncio.to_thread(house.hub.close))
            await anyio.sleep_forever()
        await ending
        await host.finish()
        with anyio.fail_after(10), anyio.CancelScope() as late, host.until_stop(late):
            await anyio.sleep_forever()
        return scope.cancelled_caught and late.cancelled_caught

    assert asyncio.run(story())


def test_the_server_starts_without_the_protocols_library() -> None:
    """It costs a second and 20 MB, which a platform without assistants has for something else."""
    script = "import sys, codeb.api.app; print([each for each in ('mcp', 'mcp_types') if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_heard_of_a_call_is_told_to_everybody_too(house: House) -> None:
    """Also when the one who called is gone, with the loop that they were on."""
    told: list[StreamEvent] = []
    heard: list[object] = []
    house.hub.on_event(told.append)
    step = {"type": "deployment_step", "step": {"name": "pull_image", "status": "running"}}

    async def story() -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        overheard = Overheard(house.hub, heard.append, loop)
        overheard.publish(StreamEvent("deployment", "team-a", step, "blog"))
        overheard.publish(StreamEvent("log", "team-a", {"message": "said"}, "blog"))
        await asyncio.sleep(0)
        return loop

    closed = asyncio.run(story())
    Overheard(house.hub, heard.append, closed).publish(StreamEvent("deployment", "team-a", step, "blog"))
    assert [each.kind for each in told] == ["deployment", "log", "deployment"]
    assert heard == [step["step"]]
