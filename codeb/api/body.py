"""The body of ``POST /api/tool``: ``{"tool": name, "params": {...}}``. Spec section 6."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from codeb.api.errors import BadRequest
from codeb.tools.params import storable


async def tool_call(request: Request) -> tuple[str, Mapping[str, Any]]:
    """The tool's name and its parameters; raises BadRequest, and TooLarge while reading."""
    body = await request.body()
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(content, dict):
        raise BadRequest('the body is not a JSON object such as {"tool": "slot_list", "params": {}}')
    name, params = content.get("tool"), content.get("params")
    if not isinstance(name, str) or not name or not storable(name):
        raise BadRequest("Tool name required")
    if params is not None and not isinstance(params, dict):
        raise BadRequest("params is not a JSON object")
    return name, params or {}
