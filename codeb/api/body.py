"""The body of ``POST /api/tool``: ``{"tool": name, "params": {...}}``. Spec section 6."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from codeb.api.errors import BadRequest
from codeb.tools.params import storable

_BOM = b"\xef\xbb\xbf"
"""Some editors and shells put it before everything they write."""


async def tool_call(request: Request) -> tuple[str, Mapping[str, Any]]:
    """The tool's name and its parameters; raises BadRequest, and TooLarge while reading."""
    body = await _read(request)
    try:
        content = orjson.loads(body.removeprefix(_BOM))
    except ValueError:
        raise BadRequest("the body is not JSON") from None
    if not isinstance(content, dict):
        raise BadRequest('the body is not a JSON object such as {"tool": "slot_list", "params": {}}')
    name, params = content.get("tool"), content.get("params")
    if not isinstance(name, str) or not name or not storable(name):
        raise BadRequest("Tool name required")
    if params is not None and not isinstance(params, dict):
        raise BadRequest("params is not a JSON object")
    return name, params or {}


async def _read(request: Request) -> bytes:
    """The whole body, which nearly always is one message; raises ClientDisconnect."""
    parts: list[bytes] = []
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
