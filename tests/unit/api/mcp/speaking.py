"""The protocol spoken by hand, so that a test can also say what no library would."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY
from mcp_types.version import LATEST_MODERN_VERSION
from starlette.testclient import TestClient

BEFORE = "2025-11-25"
"""The revision with a handshake and sessions."""
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
CAN_ASK: dict[str, Any] = {"elicitation": {"form": {}}}
_ids = itertools.count(1)


def last_message(answer: Response) -> dict[str, Any]:
    """The JSON-RPC answer, which comes alone or as the last event of a stream."""
    if answer.headers["Content-Type"].startswith("text/event-stream"):
        found = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
        message: dict[str, Any] = json.loads(found[-1])
    else:
        message = answer.json()
    return message


@dataclass
class Speaker:
    """One key in the newest revision: every request stands alone."""

    client: TestClient
    key: str
    capabilities: dict[str, Any] = field(default_factory=dict)

    def headers(self, method: str, name: str | None = None) -> dict[str, str]:
        routing = {"MCP-Protocol-Version": LATEST_MODERN_VERSION, "Mcp-Method": method}
        return {**ACCEPT, **routing, **({"Mcp-Name": name} if name else {}), "X-API-Key": self.key}

    def message(self, method: str, params: dict[str, Any], progress: str | None = None) -> dict[str, Any]:
        meta: dict[str, Any] = {
            PROTOCOL_VERSION_META_KEY: LATEST_MODERN_VERSION,
            CLIENT_CAPABILITIES_META_KEY: self.capabilities,
            **({"progressToken": progress} if progress else {}),
        }
        return {"jsonrpc": "2.0", "id": next(_ids), "method": method, "params": {**params, "_meta": meta}}

    def send(self, method: str, name: str | None, params: dict[str, Any]) -> Response:
        return self.client.post("/mcp", json=self.message(method, params), headers=self.headers(method, name))

    def ask(self, method: str, header: str | None = None, **params: Any) -> dict[str, Any]:
        message = last_message(self.send(method, header, params))
        assert "result" in message, message
        result: dict[str, Any] = message["result"]
        return result

    def refused(self, method: str, header: str | None = None, **params: Any) -> dict[str, Any]:
        error: dict[str, Any] = last_message(self.send(method, header, params))["error"]
        return error

    def call(self, name: str, more: dict[str, Any] | None = None, /, **arguments: Any) -> dict[str, Any]:
        return self.ask("tools/call", name, name=name, arguments=arguments, **(more or {}))

    def record(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        record: dict[str, Any] = self.call(name, **arguments)["structuredContent"]
        return record

    def tools(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in self.ask("tools/list")["tools"]}


def answered(code: str, action: str = "accept") -> dict[str, Any]:
    """What a client adds when its person has answered."""
    content = {"content": {"code": code}} if action == "accept" else {}
    return {"inputResponses": {"confirmation": {"action": action, **content}}}


def begin(client: TestClient, key: str) -> Response:
    """The first request of the revision with sessions."""
    params = {"protocolVersion": BEFORE, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    return client.post(
        "/mcp",
        json={"jsonrpc": "2.0", "id": next(_ids), "method": "initialize", "params": params},
        headers={**ACCEPT, "X-API-Key": key},
    )


def within(
    client: TestClient, key: str, session: str, method: str = "tools/list", params: dict[str, Any] | None = None
) -> Response:
    headers = {**ACCEPT, "X-API-Key": key, "Mcp-Session-Id": session, "MCP-Protocol-Version": BEFORE}
    message = {"jsonrpc": "2.0", "id": next(_ids), "method": method, "params": params or {}}
    return client.post("/mcp", json=message, headers=headers)
