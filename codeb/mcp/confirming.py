"""A person's word for what an assistant wants: asked for through the client, where it can ask. Security 4.

The word is a code that the API gives to another key only: in the browser, or by ``we confirm``. Whoever answers the
client's question without having fetched one, the assistant itself say, is refused by the API.
"""

import json
from collections.abc import Mapping
from typing import Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolRequestParams, ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from codeb.mcp.door import Door, Record
from codeb.mcp.text import visible

QUESTION = "confirmation"
WANTED = "confirmation_required"
SECONDS = 300.0
"""As long as a request waits for its confirmation."""
_LONGEST = 300
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {
            "type": "string",
            "title": "Confirmation code",
            "description": "what `we confirm` or the browser page shows to a person who has a key of their own",
            "minLength": 1,
            "maxLength": 200,
        }
    },
    "required": ["code"],
}


def given(params: CallToolRequestParams) -> str | None:
    """The code that came with a call which is asked again; "" where the person did not give one, None: not asked."""
    found = (params.input_responses or {}).get(QUESTION)
    return _code(found) if isinstance(found, ElicitResult) else None


async def asked(
    context: ServerRequestContext[Any, Any], door: Door, tool: str, params: Mapping[str, Any], refused: Record
) -> str | InputRequiredResult | None:
    """The code from a person, or what makes the client ask for it; None where it cannot, "" where nobody gave one."""
    if not _can_ask(context):
        return None
    question = ElicitRequestFormParams(message=_message(tool, params, refused), requested_schema=_SCHEMA)
    if context.protocol_version in MODERN_PROTOCOL_VERSIONS:
        return InputRequiredResult(input_requests={QUESTION: ElicitRequest(params=question)})
    if not context.session.can_send_request:
        return None
    with anyio.move_on_after(SECONDS) as scope, door.waiting(scope):
        try:
            reply = await context.session.elicit_form(
                question.message, question.requested_schema, related_request_id=context.request_id
            )
        except MCPError:
            return None
        return _code(reply)
    return ""


def unanswered(tool: str, refused: Record) -> Record:
    return {
        **refused,
        "error": f"nobody confirmed {tool} (request {refused['requestId']}): it was not done, and nothing has changed",
        "code": "not_confirmed",
    }


def told(tool: str, params: Mapping[str, Any], refused: Record) -> Record:
    """For a client that cannot ask: exactly what a person runs, and what is called then."""
    request = refused["requestId"]
    return {
        **refused,
        "error": (
            f"{tool} needs a person's word. Ask a person to run `we confirm {request}` with a key of their own, or to"
            f" confirm {request} in the browser, within five minutes; then call {tool} again with the same parameters,"
            f" {_shown(params)}, and the code that they give you as `confirmation`"
        ),
    }


def _can_ask(context: ServerRequestContext[Any, Any]) -> bool:
    capabilities = context.session.client_capabilities
    can = capabilities.elicitation if capabilities else None
    return can is not None and (can.form is not None or can.url is None)


def _message(tool: str, params: Mapping[str, Any], refused: Record) -> str:
    request = refused["requestId"]
    return (
        f"An assistant wants to call {tool} with {_shown(params)}. If that is what you want, run"
        f" `we confirm {request}` with a key of your own, or confirm {request} in the browser; look there at what it"
        " is about, and enter the code that you are shown."
    )


def _shown(params: Mapping[str, Any]) -> str:
    """The parameters in one line. Of what may hold values of variables only that it is there."""
    plain = {
        name: each if isinstance(each, bool | int | float) or (isinstance(each, str) and "\n" not in each) else "..."
        for name, each in params.items()
        if name not in (QUESTION, "content", "envContent", "variables")
    }
    text = visible(json.dumps(plain, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _code(reply: ElicitResult) -> str:
    code = (reply.content or {}).get("code") if reply.action == "accept" else None
    return code.strip() if isinstance(code, str) else ""
