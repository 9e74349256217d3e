"""The page of the API's tools, from their table and from the recorded exchanges."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codeb.api.lanes import _THREADS
from codeb.api.limits import DEFAULT
from codeb.tools.confirm import NEEDED
from codeb.tools.registry import TOOLS, find
from codeb.tools.tool import Tool
from reference.markdown import code, page, table
from reference.schema import default, kind, limits, meant

_RECORDED = Path(__file__).resolve().parents[1] / "tests" / "exchanges" / "recorded"
_ENVELOPE = ("success", "duration", "timestamp", "correlationId", "ignored", "versionWarning", "latestVersion")
_INTRODUCTION = """
Call any of them by `POST /api/tool` with `{{"tool": NAME, "params": {{...}}}}`, the header `X-API-Key`, or on the app
host by the command `codeb`. Every answer has `success`, `timestamp`, `correlationId` and `duration` (milliseconds); a
refusal has `error` and `code` ([errors](errors.md)). An unknown field is ignored, and named under `ignored`.

Roles are viewer, member, admin and owner, each of which may do what those before it may. Every call is audited. A key
has {requests} requests in {window} s unless it was made with another limit. What changes something takes `dryRun`.
The lane says whose turn a call waits for: {lanes} calls at once.
"""


def text() -> str:
    lanes = ", ".join(f"{lane} {threads}" for lane, threads in _THREADS.items())
    introduction = _INTRODUCTION.format(requests=DEFAULT.requests, window=DEFAULT.window, lanes=lanes)
    head = ("tool", "what it does", "role")
    rows = [(f"[{tool.name}](#{tool.name})", _sentence(tool), str(tool.least_role)) for tool in TOOLS]
    return page("Tools", introduction, table(head, rows), *(_section(tool) for tool in TOOLS))


def _section(tool: Tool[Any]) -> str:
    facts = [f"{str(tool.least_role).capitalize()} or above", f"permission `{tool.permission}`", f"lane {tool.lane}"]
    if tool.aliases:
        facts.append(f"also called {', '.join(code(alias) for alias in tool.aliases)}")
    if tool.name in NEEDED:
        facts.append("a coding assistant's call waits for a person's confirmation")
    parts = [f"## {tool.name}", _whole(tool), f"{'; '.join(facts)}.", _input(tool), _answer(tool)]
    return "\n\n".join(part for part in parts if part)


def _input(tool: Tool[Any]) -> str:
    schema = tool.params.model_json_schema(by_alias=True)
    needed, definitions = schema.get("required", []), schema.get("$defs", {})
    fields = schema.get("properties", {})
    rows = [
        (
            code(name),
            kind(field, definitions),
            "needed" if name in needed else default(field),
            meant(field.get("description", ""), limits(field, definitions)),
        )
        for name, field in sorted(fields.items(), key=lambda item: (item[0] not in needed, item[0] == "dryRun"))
    ]
    return table(("input", "is", "default", "meaning and limits"), rows) if rows else "It takes no input."


def _answer(tool: Tool[Any]) -> str:
    documented = [f"- `{key}`: {text}" for key, text in tool.result.items()]
    others = [code(key) for key in sorted(_keys(tool)) if key not in tool.result]
    said = [f"Answers with {', '.join(others)}."] if others else []
    return "\n\n".join([*said, *(["\n".join(documented)] if documented else [])])


def _keys(tool: Tool[Any]) -> set[str]:
    return {key for answer in _answers(tool) for key in answer if key not in _ENVELOPE}


def _answers(tool: Tool[Any]) -> Iterator[dict[str, Any]]:
    """What it said when its exchanges were recorded; a test plays them again."""
    for file in sorted(_RECORDED.glob("*.json")):
        recorded = json.loads(file.read_text())
        asked, answer = recorded["request"].get("tool"), recorded["answer"]
        if asked and answer.get("success") and find(asked) is tool:
            yield answer


def _sentence(tool: Tool[Any]) -> str:
    return _whole(tool).partition("\n\n")[0]


def _whole(tool: Tool[Any]) -> str:
    lines = (tool.handler.__doc__ or "").strip().splitlines()
    return "\n".join(line.strip() for line in lines)
