"""The protocol's own client against a real server: both transports, both revisions. Spec section 10; security 4."""

import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import httpx2
import pytest
from anyio import to_thread
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.session import ClientRequestContext, ElicitationFnT
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, TextResourceContents

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.keys import RateLimit
from codeb.domain.access import KeyKind, Role
from tests.integration.mortal_server import Server
from tests.integration.platform import Platform

pytestmark = pytest.mark.integration

BLOG = {"projectName": "blog"}
WAYS = [("stdio", "legacy"), ("stdio", "auto"), ("http", "legacy"), ("http", "auto")]


class World:
    """A server with blog in it, keys for it, and ways in."""

    def __init__(self, platform: Platform) -> None:
        self._maker = KeyMaker(platform.caddy.directory / "registry", SystemClock())
        self.platform = platform
        self.server = Server(platform, self.key())

    def key(self, role: Role = Role.OWNER, kind: KeyKind = KeyKind.PERSON, team: str = "team-a") -> str:
        much = RateLimit(requests=100_000, window=60)
        return self._maker.create(team, role, name="test", by="me", rate_limit=much, kind=kind).text

    @property
    def assistant(self) -> str:
        return self.key(kind=KeyKind.ASSISTANT)

    def code(self, message: str) -> str:
        """What a person gets who confirms what they were asked about."""
        found = re.search(r"cfm_[0-9a-f]{12}", message)
        assert found, message
        code: str = self.server.tool("confirm", requestId=found[0])["confirmation"]
        return code

    def person(self) -> ElicitationFnT:
        async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
            code = await to_thread.run_sync(self.code, params.message)
            return ElicitResult(action="accept", content={"code": code})

        return answer

    @asynccontextmanager
    async def connected(
        self, way: tuple[str, str], key: str, answering: ElicitationFnT | None = None
    ) -> AsyncIterator[Client]:
        transport, mode = way
        address = f"http://{self.server.address}"
        if transport == "stdio":
            parameters = StdioServerParameters(
                command=sys.executable,
                args=["-c", "from codeb.mcp.stdio import main; main()"],
                env={"CODEB_API_URL": address, "CODEB_API_KEY": key, "HOME": str(self.platform.caddy.directory)},
            )
            async with Client(parameters, mode=mode, elicitation_callback=answering) as client:
                yield client
            return
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:
            through = streamable_http_client(f"{address}/mcp", http_client=http)
            async with Client(through, mode=mode, elicitation_callback=answering) as client:
                yield client


@pytest.fixture
def world(platform: Platform) -> Iterator[World]:
    world = World(platform)
    world.server.start()
    try:
        world.server.tool("workflow_init")
        yield world
    finally:
        world.server.stop()


def record(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content is not None
    return dict(result.structured_content)


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_an_assistant_releases_with_a_persons_word(world: World, way: tuple[str, str]) -> None:
    """List, read, plan, deploy with its steps, promote with a code from another key; the records tell of mcp."""

    async def story() -> None:
        told: list[str] = []

        async def heard(progress: float, total: float | None, message: str | None) -> None:
            told.append(message or "")

        async with world.connected(way, world.assistant, world.person()) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert {"deploy", "promote"} <= names
            assert "confirm" not in names
            image = world.platform.image("v1")
            deployed = record(
                await client.call_tool("deploy_project", {**BLOG, "image": image}, progress_callback=heard)
            )
            assert deployed["success"], deployed
            assert "start_container: success" in told
            planned = record(await client.call_tool("promote", {**BLOG, "dryRun": True}))
            assert planned["dryRun"] is True
            promoted = record(await client.call_tool("promote", BLOG))
            assert promoted["success"], promoted
            assert promoted["toSlot"] == deployed["slot"]
            status, logs, history = [
                content.text
                for kind in ("status", "logs", "history")
                for content in (await client.read_resource(f"codeb://projects/blog/production/{kind}")).contents
                if isinstance(content, TextResourceContents)
            ]
            assert '"activeSlot": "blue"' in status
            assert '"source": "mcp"' in history
            assert "<untrusted-" in logs
            listed = {str(each.uri) for each in (await client.list_resources()).resources}
            assert "codeb://projects/blog/production/logs" in listed
            prompt = await client.get_prompt("we:promote", {"project": "blog"})
            assert "dryRun" in prompt.model_dump_json()

    anyio.run(story)
    rows = world.server.tool("audit_list", tool="promote")["entries"]
    assert [each["code"] for each in rows] == [None, "confirmation_required", None], "the plan, the wish, the deed"
    assert {each["source"] for each in rows} == {"mcp"}


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_keys_see_their_tools_and_nobody_answers_for_a_person(world: World, way: tuple[str, str]) -> None:
    world.server.tool("deploy", image=world.platform.image("v1"))

    async def itself(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult(action="accept", content={"code": "yes, I am a person"})

    async def story() -> None:
        seen: dict[str, set[str]] = {}
        for role in (Role.VIEWER, Role.MEMBER, Role.OWNER):
            async with world.connected(way, world.key(role)) as client:
                seen[role] = {tool.name for tool in (await client.list_tools()).tools}
        assert seen["viewer"] < seen["member"] < seen["owner"]
        assert "promote" not in seen["viewer"]
        assistant = world.assistant
        async with world.connected(way, assistant, itself) as client:
            refused = await client.call_tool("promote", BLOG)
            assert (refused.is_error, record(refused)["code"]) == (True, "not_confirmed")
        async with world.connected(way, assistant) as client:
            refused = await client.call_tool("promote", BLOG)
            assert "we confirm cfm_" in record(refused)["error"]
        async with world.connected(way, world.key(team="team-b")) as client:
            assert record(await client.call_tool("slot_status", BLOG))["code"] == "unknown_project"
            assert (await client.list_resources()).resources == []

    anyio.run(story)
    assert world.server.tool("slot_status")["activeSlot"] is None


def test_a_server_that_stops_ends_what_waits_for_a_person(world: World) -> None:
    """In good time, and nothing was done."""
    world.server.tool("deploy", image=world.platform.image("v1"))
    asked = anyio.Event()

    async def story() -> float:
        async def never(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
            asked.set()
            await anyio.sleep_forever()
            raise AssertionError

        async def call(client: Client) -> None:
            assert record(await client.call_tool("promote", BLOG))["code"] == "not_confirmed"

        begun = 0.0
        async with world.connected(("http", "legacy"), world.assistant, never) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(call, client)
                await asked.wait()
                begun = anyio.current_time()
                group.start_soon(partial(to_thread.run_sync, world.server.stop))
            return anyio.current_time() - begun

    assert anyio.run(story) < 15


def test_a_wrong_key_is_an_error_that_says_so(world: World) -> None:
    async def story() -> None:
        async with world.connected(("http", "auto"), "codeb_team-a_owner_madeup") as client:
            await client.list_tools()

    with pytest.RaisesGroup(MCPError, flatten_subgroups=True, allow_unwrapped=True) as raised:
        anyio.run(story)
    assert "Invalid API key" in str(_leaf(raised.value))


def _leaf(error: BaseException) -> BaseException:
    return _leaf(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
