"""The platform's tools as the protocol has them, and their answers. Spec section 10."""

import json
from collections.abc import Mapping
from typing import Any

from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations

from codeb.mcp.door import Record
from codeb.mcp.text import Marking
from codeb.mcp.traits import DESTRUCTIVE, EACH_TIME_ANEW, OTHERS_TEXT, OTHERS_WORDS, OWN_NAMES

_CONFIRMED = "A person confirms it first, with a key of their own; plan it with dryRun."


def offered(described: Mapping[str, Any]) -> Tool:
    """A tool of ``GET /api/tools`` for an assistant."""
    name, changes = str(described["name"]), bool(described["changes"])
    sentences = [str(described["description"]), *([_CONFIRMED] if described.get("confirmation") else [])]
    return Tool(
        name=name,
        description=" ".join(sentences),
        input_schema=dict(described["inputSchema"]),
        annotations=ToolAnnotations(
            read_only_hint=not changes,
            destructive_hint=name in DESTRUCTIVE,
            idempotent_hint=name not in EACH_TIME_ANEW,
            open_world_hint=False,
        ),
    )


def answer(tool: str, record: Record) -> CallToolResult:
    """The record as it is and as JSON; of a refusal the sentence and its code.

    Text of others in it is fenced, and ``untrusted`` says so in words.
    """
    marking = Marking()
    shown = _marked(tool, record, marking)
    if f"<untrusted-{marking.number}>" in _json(shown):
        shown = {**shown, "untrusted": marking.notice}
    if record.get("success") is False:
        return _refused(shown, marking)
    return CallToolResult(content=[TextContent(text=_json(shown))], structured_content=shown)


def _marked(tool: str, record: Record, marking: Marking) -> Record:
    """A refusal's own sentence is the platform's, but for a few that repeat others' words."""
    names = OTHERS_TEXT.get(OWN_NAMES.get(tool, tool), frozenset())
    shown: Record = marking.marked({name: each for name, each in record.items() if name != "error"}, names)
    if (error := record.get("error")) is None:
        return shown
    return {**shown, "error": marking.marked(error, (), inside=record.get("code") in OTHERS_WORDS)}


def _refused(shown: Record, marking: Marking) -> CallToolResult:
    text = f"Error: {shown['error']} (code: {shown['code']})"
    notice = [TextContent(text=marking.notice)] if "untrusted" in shown and marking.number in text else []
    return CallToolResult(content=[TextContent(text=text), *notice], structured_content=shown, is_error=True)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
